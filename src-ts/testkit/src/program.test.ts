import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { startKilo } from "./server/index.ts"

function startProgram() {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "fake-model"], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  return { child, exited: once(child, "exit") }
}

async function urlOf(child: ReturnType<typeof startProgram>["child"]): Promise<string> {
  const [line] = await once(child.stdout.setEncoding("utf8"), "data")
  return /^fake model listening on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(String(line))?.[1] ?? ""
}

describe("the fake model as a program", () => {
  test("names its address and ends when stdin closes", async () => {
    const { child, exited } = startProgram()
    const url = await urlOf(child)
    expect((await fetch(`${url}/v1/models`)).status).toBe(200)
    child.stdin.end()
    expect(await exited).toEqual([0, null])
  })

  test("ends on SIGTERM, also while a client waits for a model that hangs", async () => {
    const { child, exited } = startProgram()
    const url = await urlOf(child)
    const waiting = fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ stream: true, messages: [{ role: "user", content: "[[hang]]" }], tools: [{}] }),
    }).catch(() => "cut")
    await fetch(`${url}/__requests`)
    child.kill("SIGTERM")
    expect(await exited).toEqual([0, null])
    expect(await waiting).toBe("cut")
  })
})

test("a server that ends before it listens is reported with what it printed", async () => {
  const script = 'console.error("The port is taken"); process.exit(1)'
  await expect(startKilo({ launcher: [process.execPath, "-e", script] })).rejects.toThrow(/The port is taken/)
})

test("a server that does not end on SIGTERM is killed, and the test is told", async () => {
  const script =
    'process.on("SIGTERM", () => {}); console.log("listening on http://127.0.0.1:9"); setInterval(() => {}, 1000)'
  await using kilo = await startKilo({ launcher: [process.execPath, "-e", script] })
  await expect(kilo.stop(100)).rejects.toThrow(/did not end within 100 ms/)
})
