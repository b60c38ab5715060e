/** More files than this are not remembered; the oldest go first. */
const MAX_FILES = 5000

/**
 * Which session's tools wrote which file, so that two sessions in one directory don't take each other's changes for
 * their own. What a command changed is not known here and belongs to everybody who ran at that time.
 */
export class Edits {
  /** File to writer to time; a sub-agent's root session is the writer. */
  readonly #files = new Map<string, Map<string, number>>()

  note(root: string, file: string): void {
    const writers = this.#files.get(file) ?? new Map<string, number>()
    this.#files.delete(file)
    this.#files.set(file, writers.set(root, Date.now()))
    const oldest = this.#files.keys().next()
    if (this.#files.size > MAX_FILES && !oldest.done) this.#files.delete(oldest.value)
  }

  /** The files without those that only other sessions wrote since `since` (epoch milliseconds). */
  own(root: string, files: readonly string[], since: number): string[] {
    return files.filter((file) => {
      const writers = this.#files.get(file)
      if (!writers || (writers.get(root) ?? -1) >= since) return true
      return [...writers.values()].every((time) => time < since)
    })
  }
}
