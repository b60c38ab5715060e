import type { FileDiff } from "../message/types.ts"
import type { StoredFile } from "../snapshot/index.ts"
import type { Workspace } from "./workspace.ts"

/** More files are not filled in: ask for one by name. */
const MAX_FILES = 100
const MAX_BYTES = 1024 * 1024

/** Adds the whole text before and after to changes. What is binary, too large or gone stays without. */
export async function withTexts(
  workspace: Workspace,
  sessionID: string,
  diff: FileDiff[],
  messageID?: string,
): Promise<FileDiff[]> {
  const { first, last } = messageID ? rangeOf(workspace, sessionID, messageID) : workspace.store.snapshots(sessionID)
  const snapshot = await workspace.snapshot()
  if (!first || !last || snapshot.absent || !(await snapshot.has([first, last]))) return diff
  const filled: FileDiff[] = []
  for (const entry of diff.slice(0, MAX_FILES)) {
    const file = entry.file ?? ""
    const before = text(await snapshot.read(first, file))
    const after = text(await snapshot.read(last, file))
    filled.push(before === undefined || after === undefined ? entry : { ...entry, before, after })
  }
  return [...filled, ...diff.slice(MAX_FILES)]
}

/** The checkpoints around the turn that answered a prompt, or around the prompt of an answer. */
function rangeOf(workspace: Workspace, sessionID: string, messageID: string) {
  const { store } = workspace
  const message = store.findMessage(messageID)
  const userID = message?.role === "assistant" ? message.parentID : messageID
  const pick = (type: string, order: string) =>
    store.db.get<{ hash: string }>(
      `select json_extract(part.data, '$.snapshot') as hash from message join part on part.message_id = message.id
       where message.session_id = ? and json_extract(message.data, '$.parentID') = ?
       and json_extract(part.data, '$.type') = ? and hash is not null
       order by message.time_created ${order}, part.id ${order} limit 1`,
      sessionID,
      userID,
      type,
    )?.hash
  return { first: pick("step-start", "asc"), last: pick("step-finish", "desc") }
}

/** "" for a file that is not there; undefined for what is no text to show. */
function text(stored: StoredFile | undefined): string | undefined {
  if (!stored) return ""
  if (stored.content.length > MAX_BYTES || stored.content.includes(0)) return undefined
  const decoded = stored.content.toString("utf8")
  return Buffer.from(decoded).equals(stored.content) ? decoded : undefined
}
