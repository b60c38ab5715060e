import type { Tokens } from "../message/types.ts"
import type { Database } from "../storage/index.ts"

/** Sessions are added up one by one; after this long the answer says that it is not complete. */
const BUDGET_MS = 3_000
const MOST_SESSIONS = 50

export interface SpentSum {
  steps: number
  /** US dollars. */
  cost: number
  tokens: Tokens
}

/** What was used since a moment: by day of the machine's clock, by model, and by session with the dearest first. */
export interface Spent {
  since: number
  totals: SpentSum
  days: (SpentSum & { day: string })[]
  models: (SpentSum & { providerID: string; modelID: string })[]
  sessions: (SpentSum & { sessionID: string; title: string; directory: string })[]
  /** False when there was more than could be added up in a few seconds. */
  complete: boolean
}

interface Row {
  day: string
  provider: string | null
  model: string | null
  steps: number
  cost: number | null
  input: number | null
  output: number | null
  reasoning: number | null
  read: number | null
  write: number | null
}

const SUMS = `
  select date(time_created / 1000, 'unixepoch', 'localtime') as day,
    json_extract(data, '$.providerID') as provider, json_extract(data, '$.modelID') as model,
    count(*) as steps, sum(json_extract(data, '$.cost')) as cost,
    sum(json_extract(data, '$.tokens.input')) as input, sum(json_extract(data, '$.tokens.output')) as output,
    sum(json_extract(data, '$.tokens.reasoning')) as reasoning,
    sum(json_extract(data, '$.tokens.cache.read')) as read, sum(json_extract(data, '$.tokens.cache.write')) as write
  from message
  where session_id = ? and time_created >= ? and json_extract(data, '$.role') = 'assistant'
  group by 1, 2, 3`

/** Adds up the answers of all sessions, or of those of one directory. Lets others work in between. */
export async function spent(db: Database, input: { since: number; directory?: string }): Promise<Spent> {
  const { since, directory } = input
  const sessions = db.all<{ id: string; title: string; directory: string }>(
    `select id, title, directory from session where time_updated >= ? ${directory === undefined ? "" : "and directory = ?"}
     order by time_updated desc`,
    since,
    ...(directory === undefined ? [] : [directory]),
  )
  const totals = nothing()
  const days = new Map<string, Spent["days"][number]>()
  const models = new Map<string, Spent["models"][number]>()
  const bySession: Spent["sessions"] = []
  const end = performance.now() + BUDGET_MS
  let complete = true
  for (const session of sessions) {
    if (performance.now() > end) {
      complete = false
      break
    }
    const own = { sessionID: session.id, title: session.title, directory: session.directory, ...nothing() }
    for (const row of db.all<Row & Record<string, string | number | null>>(SUMS, session.id, since)) {
      const day = days.get(row.day) ?? { day: row.day, ...nothing() }
      days.set(row.day, day)
      const [providerID, modelID] = [row.provider ?? "", row.model ?? ""]
      const model = models.get(`${providerID}/${modelID}`) ?? { providerID, modelID, ...nothing() }
      models.set(`${providerID}/${modelID}`, model)
      for (const sum of [totals, day, model, own]) add(sum, row)
    }
    if (own.steps > 0) bySession.push(own)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const weight = (sum: SpentSum) => sum.cost * 1e9 + sum.tokens.input + sum.tokens.output
  const dearest = (a: SpentSum, b: SpentSum) => weight(b) - weight(a)
  return {
    since,
    totals,
    days: [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1)),
    models: [...models.values()].sort(dearest),
    sessions: bySession.sort(dearest).slice(0, MOST_SESSIONS),
    complete,
  }
}

function nothing(): SpentSum {
  return { steps: 0, cost: 0, tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } } }
}

function add(sum: SpentSum, row: Row) {
  sum.steps += row.steps
  sum.cost += row.cost ?? 0
  sum.tokens.input += row.input ?? 0
  sum.tokens.output += row.output ?? 0
  sum.tokens.reasoning += row.reasoning ?? 0
  sum.tokens.cache.read += row.read ?? 0
  sum.tokens.cache.write += row.write ?? 0
}
