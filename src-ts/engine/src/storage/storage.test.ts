import { stat } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { tempHome } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { Database, DatabaseTooNewError, openDatabase } from "./index.ts"

test("a transaction that throws leaves nothing behind, also from within another one", async () => {
  await using home = await tempHome()
  const db = new Database(home.path("kilo.db"))
  const insert = (id: string) =>
    db.run("insert into project (id, worktree, time_created, time_updated) values (?, '/', 1, 1)", id)
  expect(() =>
    db.transaction(() => {
      insert("a")
      db.transaction(() => insert("b"))
      throw new Error("no")
    }),
  ).toThrow("no")
  expect(db.all("select id from project")).toEqual([])
  db.transaction(() => insert("c"))
  db.close()
  const again = new Database(home.path("kilo.db"))
  expect(again.get<{ id: string }>("select id from project")?.id).toBe("c")
  again.close()
})

test("the database is readable by its owner only", async () => {
  await using home = await tempHome()
  const db = openDatabase(home.path("data"), undefined)
  expect((await stat(home.path("data", "kilo.db"))).mode & 0o777).toBe(0o600)
  db.close()
})

test("a database of a newer program is refused and not touched", async () => {
  await using home = await tempHome()
  const raw = new DatabaseSync(home.path("kilo.db"))
  raw.exec("pragma user_version = 999")
  raw.close()
  expect(() => new Database(home.path("kilo.db"))).toThrow(DatabaseTooNewError)
})

test("another program's kilo.db is left alone and ours goes beside it", async () => {
  await using home = await tempHome()
  const raw = new DatabaseSync(home.path("kilo.db"))
  raw.exec("create table session (other text)")
  raw.close()
  const db = openDatabase(home.path(), undefined)
  expect(db.file).toBe(home.path("kilo-split.db"))
  db.close()
  const after = new DatabaseSync(home.path("kilo.db"))
  expect(after.prepare("select name from sqlite_master").all()).toHaveLength(1)
  after.close()
})

test("KILO_DB chooses the file, relative to the data folder", async () => {
  await using home = await tempHome()
  const db = openDatabase(home.path("data"), "mine.db")
  expect(db.file).toBe(home.path("data", "mine.db"))
  db.close()
})
