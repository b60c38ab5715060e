import type { Database } from "../storage/index.ts"

/** Which servers of a project's own files its user has let in. */
export interface Approvals {
  has(server: string, fingerprint: string): boolean
  add(server: string, fingerprint: string): void
}

/** No tool can have this name, so the rows never decide about one. */
const PERMISSION = "mcp:server"

/** Approvals beside the project's other ones, each for one server in exactly one form. The project's row must exist. */
export function createApprovals(db: () => Database, projectID: string): Approvals {
  const pattern = (server: string, fingerprint: string) => `${fingerprint} ${server}`
  return {
    has: (server, fingerprint) =>
      db().all(
        "select 1 from permission where project_id = ? and permission = ? and pattern = ? and action = 'allow'",
        projectID,
        PERMISSION,
        pattern(server, fingerprint),
      ).length > 0,
    add(server, fingerprint) {
      db().run(
        `insert into permission (project_id, permission, pattern, action, time_created) values (?, ?, ?, 'allow', ?)
         on conflict (project_id, permission, pattern) do update set action = 'allow', time_created = excluded.time_created`,
        projectID,
        PERMISSION,
        pattern(server, fingerprint),
        Date.now(),
      )
    },
  }
}
