import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { type FileHandle, mkdir, open, readlink, realpath, rename, rm, stat } from "node:fs/promises"
import { dirname, join } from "node:path"

/**
 * Replaces a file so that a reader, or a crash at any moment, sees the old or the new text and nothing between.
 * Missing folders are made (`dirMode`). A symbolic link stays a link; an existing file keeps its mode unless `mode` is forced.
 */
export async function writeAtomic(
  file: string,
  text: string,
  options: { mode: number; dirMode: number; force?: boolean },
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: options.dirMode })
  const target = await realpath(file).catch(() => file)
  const old = options.force ? undefined : await stat(target).catch(() => undefined)
  const temp = join(dirname(target), `.${randomBytes(6).toString("hex")}.tmp`)
  try {
    const handle = await open(temp, "wx", options.mode)
    try {
      await handle.writeFile(text)
      if (old) await handle.chmod(old.mode & 0o777)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temp, target)
  } catch (error) {
    await rm(temp, { force: true })
    throw error
  }
}

/**
 * Opens a file for reading where a repository chooses what is there: a link is not followed, because it may lead to anything
 * of the user's, and a pipe is not waited for. Undefined when it can't be opened that way.
 */
export async function openPlain(file: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  return open(file, flags).catch(() => undefined)
}

/** What git would store for a path: the file's text, or where a link points; "" for anything else. */
export async function plainText(file: string): Promise<string> {
  const handle = await openPlain(file)
  if (!handle) return readlink(file).catch(() => "")
  try {
    return (await handle.stat()).isFile() ? await handle.readFile("utf8") : ""
  } catch {
    return ""
  } finally {
    await handle.close()
  }
}

/** Runs tasks one after the other for each key; a failed task doesn't stop the next. */
export function createQueue(): <T>(key: string, task: () => Promise<T>) => Promise<T> {
  const tails = new Map<string, Promise<unknown>>()
  return async (key, task) => {
    const before = tails.get(key) ?? Promise.resolve()
    const run = before.then(task, task)
    // The tail only orders the tasks; the caller gets the failure.
    const tail = run.catch(() => undefined)
    tails.set(key, tail)
    try {
      return await run
    } finally {
      if (tails.get(key) === tail) tails.delete(key)
    }
  }
}
