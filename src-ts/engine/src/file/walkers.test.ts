import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { candidates, fuzzy } from "./fuzzy.ts"
import { nearest } from "./nearest.ts"
import { findRipgrep } from "./ripgrep.ts"
import { fileFilter, nameGlob, search } from "./search.ts"
import { walk } from "./walk.ts"

const name = fc.constantFrom("a", "b", "ab", "c.x", "d.x", ".e", "f g", "ü", "A", "[z]", "node_modules")
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"))
const rule = fc
  .tuple(
    fc.constantFrom("", "", "!", "/", "!/", "**/"),
    fc.constantFrom(
      "a",
      "b",
      "ab",
      "*.x",
      "c.*",
      "a*",
      "?",
      "[ab]",
      "[!a]",
      ".e",
      "f g",
      "ü",
      "a/b",
      "a/**",
      "**/b",
      "a/*/c.x",
      "*",
      "\\[z\\]",
      "#a",
      "a/**/b",
    ),
    fc.constantFrom("", "", "/", " ", "/*"),
  )
  .map((parts) => parts.join(""))
const ignoreFile = fc.array(rule, { maxLength: 4 }).map((rules) => rules.join("\n"))
const line = fc.constantFrom("needle", "a needle in hay", "nothing", "", "Needle needle", "nädle", "x\tneedle\r")

/** A directory on disk from paths, some of which are only on the way to others. */
function plant(files: string[], ignores: [string, string][], text: (index: number) => string): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "kilo-walk-")))
  const put = (file: string, content: string) => {
    try {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), content)
    } catch {
      // A file stands where a directory should be, or the other way round: one of them is enough.
    }
  }
  for (const [index, file] of files.entries()) put(file, text(index))
  for (const [directory, content] of ignores) put(join(directory, ".gitignore"), content)
  return root
}

const place = fc.oneof(fc.constant("."), path)
const tree = fc.record({
  files: fc.array(path, { minLength: 1, maxLength: 12 }),
  ignores: fc.array(fc.tuple(place, ignoreFile), { maxLength: 3 }),
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
})

/** Says so where ripgrep is missing, instead of comparing the built-in way with itself. */
const both = it.skipIf(findRipgrep(process.env) === undefined)

describe("with and without ripgrep", () => {
  both("a walk lists the same files, whatever the .gitignore files say", async () => {
    const env = { PATH: process.env.PATH }
    await fc.assert(
      fc.asyncProperty(tree, place, async ({ files, ignores }, below) => {
        const top = plant(files, ignores, () => "x")
        try {
          symlinkSync(top, join(top, "loop"))
          const inner = join(top, below)
          const isDirectory = statSync(inner, { throwIfNoEntry: false })?.isDirectory()
          for (const root of isDirectory ? [top, inner] : [top]) {
            const [with_, without] = await Promise.all(
              [false, true].map(async (builtIn) => (await walk({ root, top, env, builtIn })).files.sort()),
            )
            expect(without).toEqual(with_)
          }
        } finally {
          rmSync(top, { recursive: true, force: true })
        }
      }),
      { numRuns: 30 },
    )
  })

  both("a search finds the same lines", async () => {
    const env = { PATH: process.env.PATH }
    const pattern = fc.constantFrom(
      "needle",
      "^needle",
      "n.dle$",
      "[Nn]eedle",
      "\\bin\\b",
      "(a|x)",
      "\\s+needle",
      "ü|ä",
    )
    const include = fc.constantFrom(undefined, "*.x", "a*", "**/b", "a/**", "*.{x,e}", "{a,b}")
    await fc.assert(
      fc.asyncProperty(tree, pattern, include, async ({ files, ignores, lines }, wanted, filter) => {
        const top = plant(files, ignores, (index) => `${lines.slice(index % lines.length).join("\n")}\n`)
        try {
          const options = { root: top, top, env, pattern: wanted, limit: 1000, ...(filter ? { include: filter } : {}) }
          const [with_, without] = await Promise.all([search(options), search({ ...options, builtIn: true })])
          expect(without).toEqual(with_)
        } finally {
          rmSync(top, { recursive: true, force: true })
        }
      }),
      { numRuns: 20 },
    )
  })

  both("the hint that a glob's last part gives leaves out nothing that is wanted", async () => {
    const env = { PATH: process.env.PATH }
    const glob = fc.constantFrom(
      "**/*.x",
      "*.x",
      "a/**/*.x",
      "**/{c,d}.x",
      "a*",
      "**/.e",
      "**/*",
      "a/b",
      "{a,b}/c.x",
      "*.{x,y}",
      "**/ab",
      "c.*",
    )
    await fc.assert(
      fc.asyncProperty(fc.array(path, { minLength: 1, maxLength: 12 }), glob, async (files, wanted) => {
        const root = plant(files, [], () => "x")
        try {
          const hint = nameGlob(wanted)
          const filter = fileFilter(wanted)
          const all = (await walk({ root, top: root, env })).files.filter(filter).sort()
          const some = (await walk({ root, top: root, env, ...(hint ? { name: hint } : {}) })).files
            .filter(filter)
            .sort()
          expect(some).toEqual(all)
        } finally {
          rmSync(root, { recursive: true, force: true })
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe("the nearest paths", () => {
  it("are those that sorting by depth and name puts first", () => {
    fc.assert(
      fc.property(fc.array(path, { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (paths, limit) => {
        const depth = (each: string) => each.split("/").length
        const sorted = paths.toSorted((a, b) => depth(a) - depth(b) || (a < b ? -1 : a > b ? 1 : 0))
        expect(nearest(paths, limit)).toEqual(sorted.slice(0, limit))
      }),
    )
  })
})

describe("the candidates of a fuzzy search", () => {
  const letters = (query: string, text: string) => {
    let at = 0
    for (const letter of text) if (letter === query[at]) at += 1
    return at === query.length
  }

  it("are all names that have the query's letters in their order", () => {
    const query = fc
      .array(fc.constantFrom("a", "b", "c", "x", "."), { minLength: 1, maxLength: 4 })
      .map((all) => all.join(""))
    fc.assert(
      fc.property(fc.array(path, { maxLength: 50 }), query, (names, wanted) => {
        expect(candidates(wanted, names).toSorted()).toEqual(
          names.filter((each) => letters(wanted, each.toLowerCase())).sort(),
        )
      }),
    )
  })

  it("are few among many, and the likeliest of them", async () => {
    const names = Array.from({ length: 50_000 }, (_, index) => `some/where/m${index}/user.ts`)
    const wanted = ["src/useful.ts", "use/", "x/y/use.ts"]
    const all = [...names, ...wanted, "u/s/e.ts"]
    expect(candidates("use", all).length).toBe(2000)
    expect(candidates("use", all)).toEqual(expect.arrayContaining(wanted))
    expect(await fuzzy("yuse", all, 50)).toEqual(["x/y/use.ts"])
    expect(candidates("x use", all)).toEqual(["x/y/use.ts"])
  })
})
