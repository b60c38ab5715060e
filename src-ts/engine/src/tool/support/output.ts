import { createWriteStream, mkdirSync, type WriteStream } from "node:fs"
import { join } from "node:path"
import { keptName, sweep } from "./keep.ts"

const MAX_FILE = 100 * 1024 * 1024

/**
 * Output of a command: the beginning and the end stay in memory, and once it grows beyond the limit everything goes to a
 * file as well, so that what was cut can be read.
 */
export class BoundedOutput {
  #head = ""
  #tail = ""
  #length = 0
  #file: { path: string; stream: WriteStream; written: number } | undefined
  #failed = false
  readonly #limit: number
  readonly #directory: string

  constructor(directory: string, limit: number) {
    this.#directory = directory
    this.#limit = limit
  }

  get truncated(): boolean {
    return this.#length > this.#limit
  }

  add(text: string) {
    if (text === "") return
    const whole = this.#head.length === this.#length ? this.#head : undefined
    this.#length += text.length
    if (whole !== undefined && this.#length <= this.#limit) {
      this.#head += text
      return
    }
    if (whole !== undefined) {
      this.#open(whole)
      this.#head = whole.slice(0, this.#keptHead)
      this.#tail = whole.slice(this.#keptHead)
      // The beginning may still be shorter than its share.
      const room = this.#keptHead - this.#head.length
      if (room > 0) {
        this.#head += text.slice(0, room)
        this.#tail += text.slice(room)
      } else this.#tail += text
    } else this.#tail += text
    this.#write(text)
    // Cutting only now and then keeps long outputs linear.
    if (this.#tail.length > this.#keptTail * 2) this.#tail = this.#tail.slice(-this.#keptTail)
  }

  /** What the model and the user see. */
  text(): string {
    if (!this.truncated) return this.#head
    const tail = this.#tail.slice(-this.#keptTail)
    const missing = this.#length - this.#head.length - tail.length
    const where = this.#file ? `; the whole output is in ${this.#file.path}, read it with offset and limit` : ""
    return `${this.#head}\n\n[… ${missing} characters left out${where} …]\n\n${tail}`
  }

  /** Resolves when the file is complete. */
  async close(): Promise<void> {
    const stream = this.#file?.stream
    if (!stream || this.#failed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    stream.once("error", () => resolve())
    stream.end(() => resolve())
    await promise
  }

  get #keptHead(): number {
    return Math.floor(this.#limit / 3)
  }
  get #keptTail(): number {
    return this.#limit - this.#keptHead
  }

  #open(text: string) {
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
      const path = join(this.#directory, keptName())
      void sweep(this.#directory)
      const stream = createWriteStream(path, { mode: 0o600 })
      stream.on("error", () => {
        this.#failed = true
        this.#file = undefined
      })
      this.#file = { path, stream, written: 0 }
      this.#write(text)
    } catch {
      // No place to keep it (full or read-only disk): the shown part is still there, only without a path.
      this.#file = undefined
    }
  }

  #write(text: string) {
    const file = this.#file
    if (!file || file.written > MAX_FILE) return
    file.written += text.length
    file.stream.write(text)
  }
}
