import type { ResolvedProject } from "../project/index.ts"
import type { Project } from "../project/types.ts"
import type { Database } from "../storage/index.ts"

interface Row {
  id: string
  worktree: string
  vcs: string | null
  name: string | null
  icon: string | null
  commands: string | null
  sandboxes: string
  time_created: number
  time_updated: number
  time_initialized: number | null
}

/** The stored project, added when it is new. A moved repository keeps its id and gets its new place. */
export function rememberProject(db: Database, found: ResolvedProject): Project {
  const now = Date.now()
  db.run(
    `insert into project (id, worktree, vcs, time_created, time_updated) values (?, ?, ?, ?, ?)
     on conflict (id) do update set worktree = excluded.worktree, vcs = excluded.vcs, time_updated = excluded.time_updated
     where worktree <> excluded.worktree or vcs is not excluded.vcs`,
    found.id,
    found.worktree,
    found.vcs ?? null,
    now,
    now,
  )
  const row = db.get<Row>("select * from project where id = ?", found.id)
  if (!row) throw new Error(`The project ${found.id} was just stored and is gone.`)
  return toProject(row)
}

export function allProjects(db: Database): Project[] {
  return db.all<Row>("select * from project order by time_updated desc, id").map(toProject)
}

function toProject(row: Row): Project {
  return {
    id: row.id,
    worktree: row.worktree,
    ...(row.vcs === "git" ? { vcs: "git" as const } : {}),
    ...(row.name ? { name: row.name } : {}),
    ...(row.icon ? { icon: JSON.parse(row.icon) as NonNullable<Project["icon"]> } : {}),
    ...(row.commands ? { commands: JSON.parse(row.commands) as NonNullable<Project["commands"]> } : {}),
    time: {
      created: row.time_created,
      updated: row.time_updated,
      ...(row.time_initialized === null ? {} : { initialized: row.time_initialized }),
    },
    sandboxes: JSON.parse(row.sandboxes) as string[],
  }
}
