import { NotFoundError } from "../error.ts"
import type { ProjectMemory, ResolvedProject } from "../project/index.ts"
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

/** Name, icon and commands as given; what is not given stays. Throws NotFoundError. */
export function changeProject(
  db: Database,
  id: string,
  input: Pick<Partial<Project>, "name" | "icon" | "commands">,
): Project {
  const { name, icon, commands } = input
  const changed = db.run(
    `update project set name = coalesce(?, name), icon = coalesce(?, icon), commands = coalesce(?, commands), time_updated = ?
     where id = ?`,
    name ?? null,
    icon ? JSON.stringify(icon) : null,
    commands ? JSON.stringify(commands) : null,
    Date.now(),
    id,
  )
  const row = db.get<Row>("select * from project where id = ?", id)
  if (!row || changed === 0) throw new NotFoundError(`Project not found: ${id}`)
  return toProject(row)
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

/** Remembers which project a directory's repository is, so that a later start needs no git to know. */
export function projectMemory(db: () => Database): ProjectMemory {
  return {
    get: (directory) => {
      const row = db().get<{ project_id: string; head: string }>(
        "select project_id, head from worktree where directory = ?",
        directory,
      )
      return row && { id: row.project_id, head: row.head }
    },
    set: (directory, { id, head }) => {
      db().run("insert or replace into worktree (directory, project_id, head) values (?, ?, ?)", directory, id, head)
    },
  }
}
