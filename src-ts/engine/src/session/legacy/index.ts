import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { z } from "zod"
import { isId } from "../../id/index.ts"
import type { Change, Store } from "../store.ts"
import type { LegacyReport, Session } from "../types.ts"
import { namesIn, object, type Problem, readJson, readMessages, text } from "./read.ts"

const DONE = "legacy.storage"

const head = z.object({
  id: z.string(),
  projectID: z.string().min(1),
  directory: z
    .string()
    .startsWith("/")
    .or(z.string().regex(/^[A-Za-z]:/)),
  parentID: z.string().optional(),
  title: z.string(),
  version: z.string().catch("0"),
  time: z.object({ created: z.number().int(), updated: z.number().int(), archived: z.number().int().optional() }),
})
const rule = z.object({ permission: z.string(), pattern: z.string(), action: z.enum(["allow", "deny", "ask"]) })
const todo = z.object({ content: z.string(), status: z.string(), priority: z.string().catch("medium") })
const share = z.object({ id: z.string().optional(), url: z.string().startsWith("http"), secret: z.string() })

/**
 * Takes over what earlier versions kept as JSON files in the data folder. Reads only; every session is one transaction
 * and is taken once, so a run that was cut short goes on where it stopped. Afterwards it is never looked at again.
 */
export async function takeOverLegacy(store: Store, data: string, signal: AbortSignal): Promise<LegacyReport> {
  const report: LegacyReport = { sessions: 0, warnings: [] }
  const { db } = store
  if (db.get("select 1 from meta where key = ?", DONE)) return report
  const root = join(data, "storage")
  const found = await findSessions(root, report.warnings)
  if (signal.aborted) return report
  const worktrees = await readProjects(root, report.warnings)
  for (const session of found) {
    if (signal.aborted) return report
    const mark = `legacy:${session.id}`
    if (db.get("select 1 from meta where key = ?", mark) || store.find(session.id)) continue
    const messages = await readMessages(root, session.id, report.warnings)
    const todos = z.array(todo).safeParse(await readJson(join(root, "todo", `${session.id}.json`), report.warnings))
    const shared = share.safeParse(
      (await readJson(join(root, "session_share", `${session.id}.json`), report.warnings)) ??
        (await readJson(join(root, "share", `${session.id}.json`), report.warnings)),
    )
    if (signal.aborted) return report
    const parent = session.parentID && store.find(session.parentID) ? { parentID: session.parentID } : {}
    const { parentID: _, ...rest } = session
    const info: Session = {
      ...rest,
      ...parent,
      ...(shared.success ? { share: { url: shared.data.url } } : {}),
    }
    try {
      db.transaction(() => {
        keepProject(store, info, worktrees.get(info.projectID) ?? info.directory)
        const changes: Change[] = [
          { type: "session", info, created: true },
          ...messages.flatMap(({ info: message, parts }): Change[] => [
            { type: "message", info: message, quiet: true },
            ...parts.map((part): Change => ({ type: "part", part, quiet: true })),
          ]),
          ...(todos.success
            ? [{ type: "todos" as const, sessionID: info.id, todos: todos.data, quiet: true as const }]
            : []),
        ]
        // Ids of another session's messages must not be written over.
        for (const { info: message } of messages) {
          if (store.findMessage(message.id)) throw new Error(`Message ${message.id} is there already.`)
        }
        store.write(changes)
        if (shared.success) {
          db.run(
            "insert or ignore into session_share (session_id, id, url, secret, time_created) values (?, ?, ?, ?, ?)",
            info.id,
            shared.data.id ?? info.id,
            shared.data.url,
            shared.data.secret,
            Date.now(),
          )
        }
        db.run("insert or replace into meta (key, value) values (?, '')", mark)
      })
      store.announce({ directory: info.directory, project: info.projectID }, { type: "session", info, created: true })
      report.sessions += 1
    } catch (error) {
      const message = `Not taken over: ${error instanceof Error ? error.message : error}`
      report.warnings.push({ path: join(root, "session", session.projectID, `${session.id}.json`), message })
    }
  }
  await takePermissions(store, root, report.warnings)
  db.transaction(() => {
    db.run("insert or replace into meta (key, value) values (?, ?)", DONE, new Date().toISOString())
    db.run("delete from meta where key like 'legacy:%'")
  })
  return report
}

/** Heads of all sessions, parents before their children. */
async function findSessions(root: string, problems: Problem[]): Promise<Session[]> {
  const found: Session[] = []
  for (const project of await readdir(join(root, "session")).catch(() => [])) {
    for (const name of await namesIn(join(root, "session", project))) {
      const file = join(root, "session", project, `${name}.json`)
      const raw = await readJson(file, problems)
      if (raw === undefined) continue
      const result = head.safeParse({ projectID: project, ...object(raw) })
      if (!result.success || result.data.id !== name || !isId("ses", name)) {
        problems.push({ path: file, message: "Not taken over: this is not a session." })
        continue
      }
      const { parentID, time, ...info } = result.data
      found.push({
        ...info,
        slug: text(object(raw).slug) ?? name.slice(-8).toLowerCase(),
        ...(parentID ? { parentID } : {}),
        time: { created: time.created, updated: time.updated, ...(time.archived ? { archived: time.archived } : {}) },
      })
    }
  }
  const depth = new Map(found.map((session) => [session.id, session.parentID]))
  const level = (id: string | undefined, limit = 20): number =>
    id === undefined || limit === 0 ? 0 : 1 + level(depth.get(id), limit - 1)
  return found.toSorted((a, b) => level(a.id) - level(b.id) || b.time.updated - a.time.updated)
}

async function readProjects(root: string, problems: Problem[]): Promise<Map<string, string>> {
  const worktrees = new Map<string, string>()
  for (const id of await namesIn(join(root, "project"))) {
    const worktree = text(object(await readJson(join(root, "project", `${id}.json`), problems)).worktree)
    if (worktree) worktrees.set(id, worktree)
  }
  return worktrees
}

function keepProject(store: Store, session: Session, worktree: string) {
  store.db.run(
    "insert or ignore into project (id, worktree, vcs, time_created, time_updated) values (?, ?, ?, ?, ?)",
    session.projectID,
    session.projectID === "global" ? "/" : worktree,
    session.projectID === "global" ? null : "git",
    session.time.created,
    session.time.updated,
  )
}

async function takePermissions(store: Store, root: string, problems: Problem[]) {
  for (const project of await namesIn(join(root, "permission"))) {
    if (!store.db.get("select 1 from project where id = ?", project)) continue
    const rules = z.array(rule).safeParse(await readJson(join(root, "permission", `${project}.json`), problems))
    if (!rules.success) continue
    for (const { permission, pattern, action } of rules.data) {
      store.db.run(
        "insert or ignore into permission (project_id, permission, pattern, action, time_created) values (?, ?, ?, ?, ?)",
        project,
        permission,
        pattern,
        action,
        Date.now(),
      )
    }
  }
}
