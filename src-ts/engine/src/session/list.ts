import { basename } from "node:path"
import type { Database, SqlValue } from "../storage/index.ts"
import type { GlobalSession, GlobalSessionListInput, Session } from "./types.ts"

const DEFAULT_LIMIT = 100

/** Sessions of all projects, with the project that each belongs to. Archived ones only when asked for. */
export function listAll(db: Database, input: GlobalSessionListInput): GlobalSession[] {
  const where: string[] = []
  const params: SqlValue[] = []
  const add = (condition: string, ...values: SqlValue[]) => {
    where.push(condition)
    params.push(...values)
  }
  if (input.projectID !== undefined) add("session.project_id = ?", input.projectID)
  if (input.directory !== undefined) add("session.directory = ?", input.directory)
  if (input.roots) add("session.parent_id is null")
  if (!input.archived) add("session.time_archived is null")
  if (input.start !== undefined) add("session.time_updated >= ?", input.start)
  if (input.cursor !== undefined) add("session.time_updated < ?", input.cursor)
  if (input.search) add("session.title like ? escape '\\'", `%${escapeLike(input.search)}%`)
  const limit = input.limit ?? DEFAULT_LIMIT
  params.push(Number.isFinite(limit) && limit > 0 ? Math.floor(limit) : -1)
  const rows = db.all<{ data: string; id: string; name: string | null; worktree: string }>(
    `select session.data, project.id, project.name, project.worktree from session
     join project on project.id = session.project_id
     ${where.length > 0 ? `where ${where.join(" and ")}` : ""} order by session.time_updated desc, session.id limit ?`,
    ...params,
  )
  const sessions = JSON.parse(`[${rows.map((row) => row.data)}]`) as Session[]
  return sessions.map((session, at) => {
    const row = rows[at]
    if (!row) return session
    const { id, name, worktree } = row
    const elsewhere =
      worktree !== "/" && session.directory !== worktree && !session.directory.startsWith(`${worktree}/`)
    return {
      ...session,
      project: { id, ...(name ? { name } : {}), worktree },
      ...(elsewhere ? { worktreeName: basename(session.directory) } : {}),
    }
  })
}

export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (char) => `\\${char}`)
}
