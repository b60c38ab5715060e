import { PromptError } from "../error.ts"
import type { DirectCall } from "./subtasks.ts"
import type { Workspace } from "./workspace.ts"

/** As long as the bash tool lets anything run. */
const MAX_MS = 600_000

/** What the model is told about the message that holds the command. */
export const SHELL_NOTE =
  "The user ran a command in this project's shell; the call that follows shows it with its output."

/** A command that the user typed, as a call of the bash tool that asks nobody. */
export async function shellCall(workspace: Workspace, command: string): Promise<DirectCall> {
  const bash = (await workspace.toolset()).tools.get("bash")
  if (!bash) throw new PromptError("There is no bash tool to run the command with.")
  return {
    tool: "bash",
    input: { command },
    run: (context) => bash.execute({ command, timeout: MAX_MS }, context),
  }
}
