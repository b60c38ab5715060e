import type { ModelRef } from "../message/types.ts"

export interface CommitMessageInput {
  /** Paths relative to the worktree; all changes when there are none. */
  selectedFiles?: string[]
  /** A proposal that the user did not take. */
  previousMessage?: string
  language?: string
}

/** Small texts written by a model. Without a connected model they fail with BadRequestError. */
export interface AssistService {
  /** A draft of a prompt, written anew so that an agent understands it better. */
  enhancePrompt(text: string, signal: AbortSignal): Promise<string>
  /** Name of a branch for a task; null when none could be made. */
  branchName(prompt: string, signal: AbortSignal, model?: ModelRef): Promise<string | null>
  /** Throws CommitMessageError when there is nothing to commit or the model fails. */
  commitMessage(input: CommitMessageInput, signal: AbortSignal): Promise<string>
}
