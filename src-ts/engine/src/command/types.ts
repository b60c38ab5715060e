/** A slash command (contract: types, Command). */
export interface Command {
  name: string
  description?: string
  agent?: string
  model?: string
  variant?: string
  source?: "command" | "mcp" | "skill"
  /** False when it came with the repository: what it wants to run asks first. */
  trusted?: boolean
  template: string
  subtask?: boolean
  hints: string[]
}

/** A command with its file, for settings pages (contract: types, CommandFile). */
export interface CommandFile extends Omit<Command, "source" | "template" | "trusted"> {
  source?: string
  builtin: boolean
  location: string
  editable: boolean
  content?: string
}
