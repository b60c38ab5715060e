import { readFile, stat, writeFile } from "node:fs/promises"
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

test("a file that is no database, and a folder, are named with what to do, and stay as they are", async () => {
  await using home = await tempHome()
  const text = home.path("text.db")
  const content = "no database ".repeat(200)
  await writeFile(text, content)
  expect(() => new Database(text)).toThrow(`${text}: file is not a database`)
  expect(() => new Database(text)).toThrow(/move it away.*KILO_DB/)
  expect(await readFile(text, "utf8")).toBe(content)
  expect(() => new Database(home.directory)).toThrow(`${home.directory}: `)
  expect(() => new Database(home.directory)).toThrow(/can be written to.*KILO_DB/)
  expect(() => new Database(`${text}/below.db`)).toThrow(/below\.db: .*KILO_DB/)
})
