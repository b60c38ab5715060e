import type { Database } from "../storage/index.ts"
import type { PermissionAction, PermissionRule, PermissionRuleset } from "./types.ts"

/** What the user has decided for good in one project, the newest last. */
export interface SavedRules {
  all(): PermissionRuleset
  /** A rule for the same pattern takes the place of the one before. */
  add(rules: readonly PermissionRule[]): void
  remove(permission: string, pattern: string): void
}

/** Rules of one project in the database. The project's row must exist. */
export function savedRules(db: Database, projectID: string): SavedRules {
  return {
    all: () =>
      db
        .all<{ permission: string; pattern: string; action: string }>(
          "select permission, pattern, action from permission where project_id = ? order by time_created, rowid",
          projectID,
        )
        .map((row) => ({ permission: row.permission, pattern: row.pattern, action: row.action as PermissionAction })),

    add(rules) {
      if (rules.length === 0) return
      const now = Date.now()
      db.transaction(() => {
        for (const { permission, pattern, action } of rules) {
          // Deleted first: its place among the others is the time of the newest decision.
          db.run(
            "delete from permission where project_id = ? and permission = ? and pattern = ?",
            projectID,
            permission,
            pattern,
          )
          db.run(
            "insert into permission (project_id, permission, pattern, action, time_created) values (?, ?, ?, ?, ?)",
            projectID,
            permission,
            pattern,
            action,
            now,
          )
        }
      })
    },

    remove(permission, pattern) {
      db.transaction(() => {
        db.run(
          "delete from permission where project_id = ? and permission = ? and pattern = ?",
          projectID,
          permission,
          pattern,
        )
      })
    },
  }
}
