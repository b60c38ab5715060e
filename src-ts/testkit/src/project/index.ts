import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

export interface TempProject extends AsyncDisposable {
  /** The real path: no symbolic link in it. */
  readonly directory: string
  path(name: string): string
  read(name: string): Promise<string>
  write(name: string, text: string): Promise<void>
  /** Runs git in the directory and returns what it prints. */
  git(...args: string[]): Promise<string>
}

/** A folder of its own with the given files; with `git` a repository with them in its first commit. Removed on disposal. */
export async function tempProject(
  options: { files?: Record<string, string>; git?: boolean; prefix?: string } = {},
): Promise<TempProject> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), options.prefix ?? "kilo-project-")))
  const path = (name: string) => join(directory, name)
  const project: TempProject = {
    directory,
    path,
    read: (name) => readFile(path(name), "utf8"),
    async write(name, text) {
      await mkdir(dirname(path(name)), { recursive: true })
      await writeFile(path(name), text)
    },
    async git(...args) {
      const { stdout } = await run("git", args, { cwd: directory, env: gitEnv() })
      return stdout
    },
    [Symbol.asyncDispose]: () => remove(directory),
  }
  for (const [name, text] of Object.entries(options.files ?? {})) await project.write(name, text)
  if (options.git) {
    await project.git("init", "-q", "-b", "main")
    await project.git("add", "-A")
    await project.git("commit", "-q", "--allow-empty", "-m", "First")
  }
  return project
}

export interface TempHome extends AsyncDisposable {
  readonly directory: string
  /** Environment of a process that must see nothing of the developer's machine but PATH. */
  readonly env: Record<string, string>
  path(...names: string[]): string
}

/** A home folder of its own; its `env` points HOME, the XDG folders and TMPDIR there. Removed on disposal. */
export async function tempHome(): Promise<TempHome> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "kilo-home-")))
  const path = (...names: string[]) => join(directory, ...names)
  await mkdir(path("tmp"))
  return {
    directory,
    path,
    env: {
      PATH: outerPath(),
      LANG: process.env.LANG ?? "C.UTF-8",
      SHELL: process.env.SHELL ?? "/bin/sh",
      HOME: directory,
      TMPDIR: path("tmp"),
      XDG_CONFIG_HOME: path(".config"),
      XDG_DATA_HOME: path(".local", "share"),
      XDG_STATE_HOME: path(".local", "state"),
      XDG_CACHE_HOME: path(".cache"),
      GIT_CONFIG_NOSYSTEM: "1",
      // Tests that want a catalogue server say so.
      KILO_DISABLE_MODELS_FETCH: "1",
    },
    [Symbol.asyncDispose]: () => remove(directory),
  }
}

/** PATH without what npm puts before it: tools of this repository (language servers, say) are not the tested machine's. */
function outerPath(): string {
  const entries = (process.env.PATH ?? "").split(delimiter)
  return entries.filter((entry) => !/[\\/]node_modules[\\/]\.bin$/.test(entry)).join(delimiter)
}

/** A process that is just ending may still write: removing is tried again for a while. */
function remove(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

/** Commits must not depend on the developer's git configuration, and get the same hash for the same content. */
function gitEnv(): NodeJS.ProcessEnv {
  const who = { NAME: "Test", EMAIL: "test@example.invalid", DATE: "2026-01-01T00:00:00Z" }
  return {
    PATH: process.env.PATH ?? "",
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_NAME: who.NAME,
    GIT_AUTHOR_EMAIL: who.EMAIL,
    GIT_AUTHOR_DATE: who.DATE,
    GIT_COMMITTER_NAME: who.NAME,
    GIT_COMMITTER_EMAIL: who.EMAIL,
    GIT_COMMITTER_DATE: who.DATE,
  }
}
