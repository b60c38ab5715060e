/** The same call (or the same two or three in turn) so often in a row asks the user whether that makes sense. */
const ASK = 3
/** So often it is refused, whatever the user allowed: the model is told to do something else. */
const REFUSE = 8
/** So often the turn is brought to its end. */
const STOP = 12
const LONGEST_CYCLE = 3

/**
 * Watches the calls of one turn for a model that goes round in circles. "ask": the user should decide; "refuse": don't run
 * it; "stop": let the model sum up and end the turn.
 */
export class LoopGuard {
  #recent: string[] = []
  /** Set once a circle went on for so long that the turn must end. */
  stopped = false

  note(tool: string, args: string): "fine" | "ask" | "refuse" {
    this.#recent = [...this.#recent.slice(1 - STOP * LONGEST_CYCLE), `${tool} ${args}`]
    const rounds = this.#rounds()
    if (rounds >= STOP) this.stopped = true
    if (rounds >= REFUSE) return "refuse"
    return rounds >= ASK ? "ask" : "fine"
  }

  /** How often the last one to three calls have come in a row, in the same order. */
  #rounds(): number {
    let most = 1
    for (let length = 1; length <= LONGEST_CYCLE; length += 1) {
      const cycle = this.#recent.slice(-length)
      if (cycle.length < length || (length > 1 && new Set(cycle).size === 1)) continue
      let rounds = 1
      while (this.#matches(cycle, rounds)) rounds += 1
      // A circle of two (edit, test, edit, test) is how good work looks at first.
      most = Math.max(most, length === 1 ? rounds : rounds - 1)
    }
    return most
  }

  #matches(cycle: string[], rounds: number): boolean {
    const end = this.#recent.length - cycle.length * rounds
    const part = this.#recent.slice(Math.max(0, end - cycle.length), end)
    return part.length === cycle.length && part.every((call, index) => call === cycle[index])
  }
}
