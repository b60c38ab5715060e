/** A slash command (contract: types, Command). */
export interface Command {
  name: string
  description?: string
  agent?: string
  model?: string
  variant?: string
  source?: "command" | "mcp" | "skill"
  template: string
  subtask?: boolean
  hints: string[]
}
