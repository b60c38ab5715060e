import { BadRequestError } from "../error.ts"
import type { Message, Part } from "../message/types.ts"
import type { SqlValue } from "../storage/index.ts"
import type { Store } from "./store.ts"
import type { SessionFindInput, SessionFindResult, SessionMatch } from "./types.ts"

const MAX_MATCHES = 500
const DEFAULT_MATCHES = 50
/** Sessions are looked through one by one; after this long the answer says that it is not complete. */
const BUDGET_MS = 2000
const AROUND = 80

/** Looks for words in what was said and done: newest sessions first, newest messages first, upper and lower case alike. */
export async function findText(
  store: Store,
  place: { directory: string; projectID: string },
  input: SessionFindInput,
): Promise<SessionFindResult> {
  const query = input.query.trim()
  if (query === "") throw new BadRequestError("`query` is empty. Give the words to look for.")
  const limit = Math.min(MAX_MATCHES, Math.max(1, Math.floor(input.limit ?? DEFAULT_MATCHES)))
  const sessions = input.sessionID
    ? [store.get(input.sessionID)]
    : store.list(place, { limit: Number.NaN, ...(input.scope ? { scope: input.scope } : {}) })
  const patterns = like(query)
  const matches: SessionMatch[] = []
  const end = performance.now() + BUDGET_MS
  for (const session of sessions) {
    const rows = store.db.all<{ part: string; message: string }>(
      // In the order of the index, so that the search ends with the last row that is wanted.
      `select part.data as part, message.data as message from message cross join part on part.message_id = message.id
       where message.session_id = ? and (${patterns.map(() => "part.data like ? escape '\\'").join(" or ")})
       order by message.time_created desc, message.id desc limit ?`,
      session.id,
      ...patterns,
      // Some hits are in keys and other things that nobody sees.
      4 * (limit - matches.length) + 100,
    )
    for (const row of rows) {
      const part = JSON.parse(row.part) as Part
      const found = excerpt(part, query)
      if (!found) continue
      const message = JSON.parse(row.message) as Message
      matches.push({
        sessionID: session.id,
        title: session.title,
        messageID: message.id,
        partID: part.id,
        role: message.role,
        type: part.type,
        time: message.time.created,
        ...found,
      })
      if (matches.length >= limit) return { matches, complete: false }
    }
    if (performance.now() > end) return { matches, complete: false }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { matches, complete: true }
}

/** SQLite takes upper and lower case for the same in ASCII only. */
function like(query: string): SqlValue[] {
  const plain = /^[\x20-\x7e]*$/.test(query)
  const forms = plain ? [query] : [query, query.toLowerCase(), query.toUpperCase()]
  return [...new Set(forms)].map((form) => {
    // As it is written inside JSON.
    const inner = JSON.stringify(form).slice(1, -1)
    return `%${inner.replace(/[\\%_]/g, (char) => `\\${char}`)}%`
  })
}

interface Excerpt {
  excerpt: string
  start: number
  end: number
  count: number
}

/** The first place where the words stand, and how often they do in all of the part. */
function excerpt(part: Part, query: string): Excerpt | undefined {
  const wanted = query.toLowerCase()
  let first: Omit<Excerpt, "count"> | undefined
  let count = 0
  for (const text of textsOf(part)) {
    const lower = text.toLowerCase()
    const at = lower.indexOf(wanted)
    if (at < 0) continue
    for (let next = at; next >= 0; next = lower.indexOf(wanted, next + wanted.length)) count += 1
    if (first) continue
    const from = Math.max(0, at - AROUND)
    const cut = text.slice(from, at + query.length + AROUND)
    first = { excerpt: cut, start: at - from, end: Math.min(cut.length, at - from + query.length) }
  }
  return first && { ...first, count }
}

function textsOf(part: Part): string[] {
  if (part.type === "text") return part.synthetic ? [] : [part.text]
  if (part.type === "reasoning") return [part.text]
  if (part.type === "file") return part.filename ? [part.filename] : []
  if (part.type !== "tool") return []
  const { state } = part
  const input = Object.values(state.input).filter((value): value is string => typeof value === "string")
  if (state.status === "completed") return [state.title, ...input, state.output]
  return state.status === "error" ? [...input, state.error] : input
}
