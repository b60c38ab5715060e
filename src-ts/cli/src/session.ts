import { withEngine, withInstance } from "./engine.ts"
import { UserError } from "./fail.ts"

/** `kilo session list`: sessions of the current directory, newest first. */
export function sessionList(options: { maxCount?: string; format: "table" | "json" }): Promise<number> {
  return withInstance(async (instance, engine) => {
    await engine.legacy()
    const limit = options.maxCount === undefined ? undefined : Number(options.maxCount)
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
      throw new UserError(`--max-count ${options.maxCount} is not a number above 0.`)
    }
    const sessions = instance.sessions.list({ roots: true, ...(limit === undefined ? {} : { limit }) })
    if (options.format === "json") {
      const rows = sessions.map(({ id, title, time, projectID, directory }) => ({
        id,
        title,
        updated: time.updated,
        created: time.created,
        projectId: projectID,
        directory,
      }))
      process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
      return 0
    }
    for (const { id, title, time } of sessions) {
      process.stdout.write(`${id}  ${new Date(time.updated).toISOString()}  ${title}\n`)
    }
    return 0
  })
}

export function sessionDelete(sessionID: string): Promise<number> {
  return withEngine(async (engine) => {
    const instance = await engine.instanceOf(sessionID)
    await instance.sessions.remove(sessionID)
    process.stderr.write(`Deleted ${sessionID}.\n`)
    return 0
  })
}
