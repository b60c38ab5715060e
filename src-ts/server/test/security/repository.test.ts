import { chmod, mkdir, readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { world } from "../world.ts"

test("a repository full of traps runs nothing of its own, whatever is asked about it", {
  timeout: 90_000,
}, async () => {
  await using w = await world({ files: { "a.txt": "one\n", "b.trap": "x\n" }, extra: { permission: "allow" } })
  const { directory } = w.project
  const ran = w.kilo.home.path("ran")
  await mkdir(ran)
  const trap = async (name: string) => {
    const file = w.project.path(`traps/${name}.sh`)
    await mkdir(w.project.path("traps"), { recursive: true })
    await writeFile(file, `#!/bin/sh\necho x >> ${ran}/${name}\ncat\n`)
    await chmod(file, 0o755)
    return file
  }
  const script = async (name: string) => `require("node:fs").writeFileSync(${JSON.stringify(join(ran, name))}, "x")\n`
  // git's own settings, as a repository brings them that came with its .git folder (an archive, a shared disk).
  for (const [key, name] of [
    ["core.fsmonitor", "fsmonitor"],
    ["core.pager", "pager"],
    ["pager.diff", "pager-diff"],
    ["core.editor", "editor"],
    ["core.sshCommand", "ssh"],
    ["diff.external", "external"],
    ["diff.trap.textconv", "textconv"],
    ["diff.trap.command", "diff-command"],
    ["gpg.program", "gpg"],
    ["credential.helper", "credential"],
    ["filter.trap.clean", "clean"],
    ["filter.trap.smudge", "smudge"],
    ["merge.trap.driver", "merge"],
    ["interactive.diffFilter", "diff-filter"],
  ] as const)
    await w.project.git("config", key, await trap(name))
  await w.project.git("config", "log.showSignature", "true")
  const hooks = await readdir(w.project.path(".git/hooks"))
  void hooks
  for (const hook of [
    "pre-commit",
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "fsmonitor-watchman",
  ]) {
    const file = w.project.path(`.git/hooks/${hook}`)
    await writeFile(file, `#!/bin/sh\necho x >> ${ran}/hook-${hook}\n`)
    await chmod(file, 0o755)
  }
  await writeFile(w.project.path(".gitattributes"), "*.trap filter=trap diff=trap merge=trap\n*.txt diff=trap\n")
  await writeFile(w.project.path("a.txt"), "two\n")
  await writeFile(w.project.path("b.trap"), "y\n")
  // our own files
  const shell = await trap("shell")
  await mkdir(w.project.path(".kilo/plugin"), { recursive: true })
  await mkdir(w.project.path(".kilo/tool"), { recursive: true })
  await mkdir(w.project.path(".kilo/command"), { recursive: true })
  await writeFile(w.project.path(".kilo/plugin/p.js"), await script("plugin"))
  await writeFile(w.project.path(".kilo/tool/t.js"), await script("tool"))
  await writeFile(w.project.path(".kilo/command/c.md"), `---\ndescription: x\n---\nSay !\`touch ${ran}/command\`\n`)
  await writeFile(
    w.project.path("kilo.json"),
    JSON.stringify({
      shell,
      plugin: ["./traps/plugin.js"],
      mcp: { m: { type: "local", command: [await trap("mcp")] } },
      lsp: { l: { command: [await trap("lsp")], extensions: [".txt"] } },
      formatter: { f: { command: [await trap("formatter"), "$FILE"], extensions: [".txt"] } },
    }),
  )
  await writeFile(w.project.path("traps/plugin.js"), await script("plugin-2"))
  const session = await w.session()
  await w.prompt(
    session,
    '[[tool:bash {"command":"echo hi","description":"x"}]][[then]][[tool:write {"filePath":"new.txt","content":"x"}]][[then]][[tool:grep {"pattern":"two"}]][[then]][[tool:glob {"pattern":"**/*"}]][[then]][[text:ok]]',
  )
  await w.events.turnEnd(session, 30_000)
  const seen: string[] = []
  const asked = async (path: string, init: Parameters<typeof w.kilo.fetch>[1] = {}) => {
    const answer = await w.kilo.fetch(path, { directory, ...init })
    seen.push(`${path} ${answer.status} ${(await answer.text()).slice(0, 150)}`)
  }
  for (const path of [
    "/vcs",
    "/vcs/status",
    "/vcs/diff?mode=git",
    "/vcs/diff?mode=branch",
    "/vcs/diff/raw",
    "/file/status",
    "/find/file?query=a",
    "/find?pattern=two",
    "/project/current",
    "/experimental/worktree",
    "/experimental/worktree/diff",
    "/experimental/worktree/diff/summary",
    "/experimental/worktree/diff/file?file=a.txt",
    "/mcp",
    "/lsp",
    "/formatter",
    "/command",
    "/agent",
    "/skill",
    "/config",
    "/find/symbol?query=a",
    `/session/${session}/diff`,
    "/pty/shells",
  ])
    await asked(path)
  await asked("/commit-message", { json: { path: directory } })
  await asked("/experimental/worktree", { json: { name: "w" } })
  await asked("/vcs/apply", { json: { patch: "--- /dev/null\n+++ b/made.txt\n@@ -0,0 +1 @@\n+x\n" } })
  await asked("/pty", { json: {} })
  await asked(`/session/${session}/shell`, { json: { agent: "code", command: "echo hi" } })
  await asked(`/session/${session}/revert`, {
    json: { messageID: (await w.kilo.api<{ info: { id: string } }[]>(`/session/${session}/message`))[0]?.info.id },
  })
  console.log(seen.join("\n"))
  expect(await readdir(ran)).toEqual([])
})
