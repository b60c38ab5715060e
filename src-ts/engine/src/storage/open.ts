import { isAbsolute, join } from "node:path"
import { Database, ForeignDatabaseError } from "./database.ts"

/**
 * Opens the sessions' database: KILO_DB (relative to the data folder) or kilo.db there. Another program of the field
 * may already keep a kilo.db of its own schema in that folder; it is left alone and ours goes next to it.
 */
export function openDatabase(data: string, chosen: string | undefined): Database {
  if (chosen) return new Database(chosen === ":memory:" || isAbsolute(chosen) ? chosen : join(data, chosen))
  try {
    return new Database(join(data, "kilo.db"))
  } catch (error) {
    if (error instanceof ForeignDatabaseError) return new Database(join(data, "kilo-split.db"))
    throw error
  }
}
