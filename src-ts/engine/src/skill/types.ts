/** A skill: instructions for one kind of task, read by the model when it needs them (contract: types, Skill). */
export interface Skill {
  name: string
  description?: string
  /** Absolute path of its SKILL.md; what else it brings lies beside it. */
  location: string
  /** The instructions, without the settings at the top. */
  content: string
  /** False when it came with the repository, so that nobody on this machine has vouched for it. */
  trusted?: boolean
}
