import { BadRequestError } from "../error.ts"
import type { Message } from "../message/types.ts"

/** Which messages of a session; a place is a cursor or a message's id. At most one of the three places. */
export interface Page {
  limit?: number
  before?: string
  after?: string
  around?: string
}

/** Opaque page mark: base64url JSON of the oldest message returned, or of the newest (contract: behaviour section 6). */
export function formatCursor(message: Message): string {
  return Buffer.from(JSON.stringify({ id: message.id, time: message.time.created })).toString("base64url")
}

/** Throws BadRequestError for anything that `formatCursor` did not make. */
export function parseCursor(text: string): { id: string; time: number } {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"))
    if (typeof value === "object" && value !== null && "id" in value && "time" in value) {
      const { id, time } = value
      if (typeof id === "string" && typeof time === "number") return { id, time }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new BadRequestError(`Not a page cursor: ${text}`)
}
