/** Output that somebody who joins later sees; more is dropped from its beginning. In UTF-16 code units. */
const LIMIT = 2 * 1024 * 1024

/** The end of a terminal's output, with positions that count from its beginning. */
export class Scrollback {
  #pieces: string[] = []
  #length = 0
  #end = 0
  readonly #limit: number

  constructor(limit = LIMIT) {
    this.#limit = limit
  }

  /** Position after the last character. */
  get end(): number {
    return this.#end
  }

  add(text: string): void {
    this.#pieces.push(text)
    this.#length += text.length
    this.#end += text.length
    // Joined seldom: dropping piece by piece would copy two megabytes for every line.
    if (this.#length > this.#limit * 1.5) {
      this.#pieces = [this.#pieces.join("").slice(-this.#limit)]
      this.#length = this.#limit
    }
  }

  /** Everything from a position on, as far as it is kept. */
  from(position: number): string {
    const text = this.#pieces.join("")
    this.#pieces = text === "" ? [] : [text]
    const start = this.#end - text.length
    return text.slice(Math.max(0, Math.min(position, this.#end) - start))
  }
}
