import { execFileSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join, resolve } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Claims, Config } from "../config/index.ts"
import { createFormatters } from "./index.ts"

const BIN = resolve(import.meta.dirname, "../../../../node_modules/.bin")
const never = new AbortController().signal

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "kilo-formatter-")))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, text: string, mode?: number): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  if (mode !== undefined) chmodSync(file, mode)
  return file
}

/** A program that writes its name into the file. */
const stamp = (path: string, name: string) =>
  put(path, `#!/bin/sh\nfor last; do :; done\necho ${name} > "$last"\n`, 0o755)

function make(options: { config?: Config; claimed?: string[]; path?: string; trust?: boolean; limit?: number } = {}) {
  const claims: Claims = {
    mcp: new Map(),
    lsp: new Map(),
    formatter: new Map(
      (options.claimed ?? []).map((name) => [name, { path: join(root, "kilo.json"), borrows: false }]),
    ),
  }
  return createFormatters({
    directory: root,
    worktree: root,
    env: {
      PATH: options.path ?? ["/usr/bin", "/bin"].join(delimiter),
      ...(options.trust ? { KILO_TRUST_PROJECT_CONFIG: "1" } : {}),
    },
    config: async () => ({ config: options.config ?? {}, claims }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  })
}

const enabled = async (formatters: ReturnType<typeof make>) =>
  (await formatters.status()).filter((each) => each.enabled).map(({ name }) => name)

describe.skipIf(process.platform === "win32")("formatters", () => {
  it("a real one shapes a file by the project's own settings", async () => {
    put("biome.json", JSON.stringify({ formatter: { indentStyle: "space", indentWidth: 3 } }))
    const file = put("src/a.ts", "function f( ){return   {a:1}}\n")
    const path = [BIN, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter)
    expect(await make({ path }).format(file, never)).toEqual({ name: "biome" })
    expect(readFileSync(file, "utf8")).toBe("function f() {\n   return { a: 1 };\n}\n")
    const broken = put("src/b.ts", "function (\n")
    expect(await make({ path }).format(broken, never)).toMatchObject({ name: "biome", problem: expect.any(String) })
    expect(readFileSync(broken, "utf8")).toBe("function (\n")
  })

  it("is one that is installed and that the project is set up for", async () => {
    const file = put("a.ts", "x")
    stamp("node_modules/.bin/prettier", "prettier")
    expect(await make().format(file, never)).toBeUndefined()
    put("package.json", JSON.stringify({ prettier: { semi: false } }))
    expect(await make().format(file, never)).toEqual({ name: "prettier" })
    expect(readFileSync(file, "utf8")).toBe("prettier\n")
    put("biome.jsonc", "{}")
    expect(await enabled(make())).toEqual(["prettier"])
    expect(await make().format(put("a.xyz", "x"), never)).toBeUndefined()
  })

  it("is not what the repository brings along, as a program or as settings that are code", async () => {
    put(".prettierrc", "{}")
    const program = stamp("node_modules/.bin/prettier", "prettier")
    expect(await enabled(make())).toEqual(["prettier"])
    put("prettier.config.mjs", "export default {}")
    rmSync(join(root, ".prettierrc"))
    const all = make()
    expect(await enabled(all)).toEqual([])
    expect(await all.warnings()).toEqual([
      { path: join(root, "prettier.config.mjs"), message: expect.stringContaining("KILO_TRUST_PROJECT_CONFIG=1") },
    ])
    put("package.json", JSON.stringify({ prettier: "./evil.js" }))
    rmSync(join(root, "prettier.config.mjs"))
    expect(await enabled(make())).toEqual([])
    put("package.json", JSON.stringify({ prettier: "@company/settings" }))
    expect(await enabled(make())).toEqual(["prettier"])
    execFileSync("git", ["init", "-q"], { cwd: root })
    execFileSync("git", ["add", "-f", program], { cwd: root })
    expect(await enabled(make())).toEqual([])
    expect(await enabled(make({ trust: true }))).toEqual(["prettier"])
  })

  it("is what the user has configured, and not what the project has", async () => {
    const own = stamp("bin/mine", "mine")
    const config = { formatter: { mine: { command: [own, "--in-place", "$FILE"], extensions: [".xyz"] } } }
    const file = put("a.xyz", "x")
    expect(await make({ config, claimed: ["mine"] }).format(file, never)).toBeUndefined()
    expect((await make({ config, claimed: ["mine"] }).warnings())[0]?.message).toContain("formatter.mine")
    expect(await make({ config }).format(file, never)).toEqual({ name: "mine" })
    expect(readFileSync(file, "utf8")).toBe("mine\n")
    // Which extensions it is for may come from the project; that does not make its code trusted.
    stamp("node_modules/.bin/prettier", "prettier")
    put("prettier.config.js", "")
    expect(await enabled(make({ config: { formatter: { prettier: { extensions: ["ts"] } } } }))).toEqual([])
  })

  it("is off as a whole or one by one", async () => {
    put(".prettierrc", "{}")
    stamp("node_modules/.bin/prettier", "prettier")
    expect(await make({ config: { formatter: false } }).status()).toEqual([])
    expect(await enabled(make({ config: { formatter: { prettier: { disabled: true } } } }))).toEqual([])
    expect(await enabled(make({ config: { formatter: true } }))).toEqual(["prettier"])
  })

  it("is ended when it takes too long or is stopped, with what it started", async () => {
    const slow = put("bin/slow", `#!/bin/sh\necho $$ > "${root}/pid"\nsleep 600\n`, 0o755)
    const config = { formatter: { slow: { command: [slow], extensions: ["xyz"] } } }
    const file = put("a.xyz", "x")
    expect(await make({ config, limit: 300 }).format(file, never)).toEqual({
      name: "slow",
      problem: "it took longer than 300 ms",
    })
    const stop = new AbortController()
    const done = make({ config }).format(file, stop.signal)
    stop.abort()
    expect(await done).toEqual({ name: "slow", problem: "it was stopped" })
    const pid = Number(readFileSync(join(root, "pid"), "utf8"))
    expect(existsSync(`/proc/${pid}`)).toBe(false)
  })

  it("leaves files outside the project alone", async () => {
    const config = { formatter: { mine: { command: [stamp("bin/mine", "mine")], extensions: ["xyz"] } } }
    expect(await make({ config }).format(join(tmpdir(), "a.xyz"), never)).toBeUndefined()
  })
})
