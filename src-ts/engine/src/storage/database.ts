import { chmodSync, existsSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import { explained, StorageError } from "./fault.ts"
import { MIGRATIONS } from "./migrations.ts"

export type SqlValue = string | number | bigint | null | Uint8Array

/** The database was written by a newer program; opening it could lose what that program knows. */
export class DatabaseTooNewError extends StorageError {
  override readonly name = "DatabaseTooNewError"
  constructor(file: string, found: number, known: number) {
    super(
      `${file} has schema ${found}, newer than this program's ${known}. Update kilo, or point KILO_DB at another file.`,
    )
  }
}

/** The file holds another program's tables. Nothing in it is touched. */
export class ForeignDatabaseError extends StorageError {
  override readonly name = "ForeignDatabaseError"
  constructor(file: string) {
    super(`${file} belongs to another program. Point KILO_DB at another file.`)
  }
}

/** The file can't be opened, or holds no database, or a damaged one. Nothing in it is touched. */
export class DatabaseUnusableError extends StorageError {
  override readonly name = "DatabaseUnusableError"
  constructor(file: string, cause: unknown) {
    const why = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, "")
    const damaged = /not a database|malformed|corrupt/i.test(why)
    super(
      damaged
        ? `${file}: ${why}. Restore it from a backup or move it away to start with an empty one, or point KILO_DB at another file.`
        : `${file}: ${why}. Check that the folder exists and can be written to, or point KILO_DB at another file.`,
      { cause },
    )
  }
}

/**
 * SQLite with cached statements. Everything is synchronous, on purpose: a change is committed before the next line
 * runs, so an event published after `transaction` returns is durable (WAL, synchronous NORMAL; the design's durability rule).
 */
export class Database {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #depth = 0

  readonly file: string

  constructor(file: string) {
    this.file = file
    const fresh = file !== ":memory:" && !existsSync(file)
    try {
      if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      this.#db = new DatabaseSync(file)
    } catch (error) {
      throw new DatabaseUnusableError(file, error)
    }
    try {
      // Sessions hold the user's source code: other local users have no business in it.
      if (fresh) chmodSync(file, 0o600)
      this.#db.exec("pragma busy_timeout = 5000")
      this.#db.exec("pragma journal_mode = wal")
      this.#db.exec("pragma synchronous = normal")
      this.#db.exec("pragma foreign_keys = on")
      this.#db.exec("pragma cache_size = -8000")
      this.#migrate()
    } catch (error) {
      this.#db.close()
      if (error instanceof DatabaseTooNewError || error instanceof ForeignDatabaseError) throw error
      throw new DatabaseUnusableError(file, error)
    }
  }

  /** Runs a statement that changes rows; returns how many. This and the following throw StorageError when the disk or the file fails. */
  run(sql: string, ...params: SqlValue[]): number {
    return this.#told(() => Number(this.#statement(sql).run(...params).changes))
  }

  /** First row or undefined. The caller names the row's shape; columns come as SQLite stores them. */
  get<T>(sql: string, ...params: SqlValue[]): T | undefined {
    return this.#told(() => this.#statement(sql).get(...params) as T | undefined)
  }

  /** All rows. */
  all<T>(sql: string, ...params: SqlValue[]): T[] {
    return this.#told(() => this.#statement(sql).all(...params) as T[])
  }

  /** Runs `body` in one transaction; rolls back and rethrows when it throws. Nested calls join the outer one. */
  transaction<T>(body: () => T): T {
    if (this.#depth > 0) return body()
    this.#told(() => this.#db.exec("begin immediate"))
    this.#depth = 1
    try {
      const result = body()
      this.#told(() => this.#db.exec("commit"))
      return result
    } catch (error) {
      // A full disk has rolled back already; the reason is what counts.
      if (this.#db.isTransaction) this.#db.exec("rollback")
      throw error
    } finally {
      this.#depth = 0
    }
  }

  close() {
    this.#statements.clear()
    if (this.#db.isOpen) this.#db.close()
  }

  #told<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw explained(error, this.file)
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #migrate() {
    const version = () => (this.#db.prepare("pragma user_version").get() as { user_version: number }).user_version
    const latest = MIGRATIONS.at(-1)?.id ?? 0
    const found = version()
    if (found > latest) throw new DatabaseTooNewError(this.file, found, latest)
    if (found === latest) return
    // Several processes may start at once: the one that gets the lock migrates, the others find it done.
    this.transaction(() => {
      const current = version()
      const tables = this.#db.prepare("select 1 from sqlite_master where type = 'table' limit 1").get()
      if (current === 0 && tables) throw new ForeignDatabaseError(this.file)
      for (const step of MIGRATIONS) {
        if (step.id <= current) continue
        this.#db.exec(step.sql)
        this.#db.exec(`pragma user_version = ${step.id}`)
      }
    })
  }
}
