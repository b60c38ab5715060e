import { BadRequestError, CommitMessageError, PromptError } from "../error.ts"
import { ascending } from "../id/index.ts"
import type { ModelRef } from "../message/types.ts"
import { git } from "../project/index.ts"
import { askOnce, OFFLINE, type Providers } from "../provider/index.ts"
import { BRANCH, COMMIT, ENHANCE } from "./prompt.ts"
import type { AssistService, CommitMessageInput } from "./types.ts"

export * from "./types.ts"

const LIMIT_MS = 110_000
const LONGEST_PROMPT = 50_000
/** A message says what changed as a whole; the model needs no more of a large change than this. */
const LONGEST_DIFF = 30_000
const LONGEST_BRANCH = 50
/** Bytes of all file names that git is given at once. */
const MOST_NAMES = 60_000

/** Small texts that a model writes for people, outside any session: with the small model where there is one. */
export function createAssist(options: {
  providers: Providers
  worktree: string
  env: Record<string, string | undefined>
  /** `commit_message.prompt` of the configuration. */
  commitPrompt(): Promise<string | undefined>
}): AssistService {
  const { providers, worktree, env } = options

  const ask = async (instructions: string, text: string, signal: AbortSignal, wanted?: ModelRef): Promise<string> => {
    const main = wanted ?? (await providers.defaultModel())
    if (main.providerID === OFFLINE.providerID) {
      throw new BadRequestError(
        "This needs a language model, and none is connected. Add a key in the settings or with `kilo auth login`.",
      )
    }
    const resolved = await providers.resolve(wanted ?? (await providers.smallModel(main)) ?? main)
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
    return askOnce(resolved, { instructions, text, sessionID: ascending("msg") }, limit)
  }

  return {
    async enhancePrompt(text, signal) {
      const draft = text.trim()
      if (draft === "") throw new BadRequestError("There is no text to improve. Write a first draft of the prompt.")
      if (draft.length > LONGEST_PROMPT) throw new BadRequestError("The text is too long to improve.")
      const better = await ask(ENHANCE, draft, signal)
      // An empty answer must not empty the composer.
      return better === "" ? text : unfenced(better)
    },

    async branchName(prompt, signal, model) {
      const answer = await ask(BRANCH, prompt.slice(0, 4_000), signal, model).catch((error: unknown) => {
        if (error instanceof BadRequestError || error instanceof PromptError) return ""
        throw error
      })
      return branchOf(answer)
    },

    async commitMessage(input, signal) {
      const changes = await changesOf(worktree, env, input, signal)
      const own = await options.commitPrompt()
      const wishes = [
        ...(own ? [`The user's own rules, which come first:\n${own}`] : []),
        ...(input.language ? [`Write in this language: ${input.language}.`] : []),
        ...(input.previousMessage
          ? [`This proposal was not liked, write a different one:\n${input.previousMessage}`]
          : []),
      ]
      try {
        const answer = unfenced(await ask([COMMIT, ...wishes].join("\n\n"), changes, signal))
        if (answer === "") throw new CommitMessageError("failed", "The model wrote nothing. Try again.")
        return answer
      } catch (error) {
        if (error instanceof CommitMessageError || signal.aborted) throw error
        throw new CommitMessageError("failed", error instanceof Error ? error.message : String(error))
      }
    },
  }
}

/** Systems limit what a command can be given; the model sees no more than the beginning of so large a change anyway. */
function fitting(files: string[]): string[] {
  const fits: string[] = []
  let size = 0
  for (const file of files) {
    size += Buffer.byteLength(file)
    if (size > MOST_NAMES) break
    fits.push(`:(literal)${file}`)
  }
  if (fits.length === 0) throw new CommitMessageError("no-changes", "None of the names can be one of a file.")
  return fits
}

/** What would be committed: the selected files, else what is staged, else every change. */
async function changesOf(
  worktree: string,
  env: Record<string, string | undefined>,
  input: CommitMessageInput,
  signal: AbortSignal,
): Promise<string> {
  if (worktree === "/") throw new CommitMessageError("no-changes", "This directory is not in a git repository.")
  const at = { cwd: worktree, env, signal, maxBytes: 4 * 1024 * 1024 }
  const paths = input.selectedFiles?.length ? ["--", ...fitting(input.selectedFiles)] : []
  const format = ["--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty"]
  const staged = await git(["diff", "--cached", ...format, ...paths], at)
  const diff =
    staged.stdout.trim() === "" || paths.length > 0 ? await git(["diff", "HEAD", ...format, ...paths], at) : staged
  const text = diff.code === 0 || diff.cut ? diff.stdout : staged.stdout
  const added = await git(["ls-files", "--others", "--exclude-standard", ...paths], at)
  const fresh = staged.stdout.trim() === "" || paths.length > 0 ? added.stdout.trim() : ""
  if (text.trim() === "" && fresh === "") throw new CommitMessageError("no-changes", "There is nothing to commit.")
  const log = await git(["log", "-8", "--format=%s"], at)
  const cut = text.length > LONGEST_DIFF ? `${text.slice(0, LONGEST_DIFF)}\n(the rest is left out)` : text
  const stat = text.length > LONGEST_DIFF ? (await git(["diff", "HEAD", "--stat", ...format, ...paths], at)).stdout : ""
  return [
    ...(log.stdout.trim() ? [`Recent subjects of this repository:\n${log.stdout.trim()}`] : []),
    ...(stat ? [`Overview:\n${stat.slice(0, 8_000)}`] : []),
    ...(fresh ? [`New files:\n${fresh.split("\n").slice(0, 200).join("\n")}`] : []),
    `Change:\n${cut}`,
  ].join("\n\n")
}

/** Models like to wrap an answer that is asked for alone. */
function unfenced(text: string): string {
  return text.replace(/^```\w*\n([\s\S]*?)\n?```$/, "$1").trim()
}

/** A name that git takes; null when the model gave nothing to make one of. */
export function branchOf(answer: string): string | null {
  const name = (answer.split("\n").find((line) => line.trim() !== "") ?? "")
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9/]+/g, "-")
    .replace(/\/+/g, "/")
    .slice(0, LONGEST_BRANCH)
    .split("/")
    .map((part) => part.replace(/^-+|-+$/g, ""))
    .filter((part) => part !== "")
    .join("/")
  return name === "" ? null : name
}
