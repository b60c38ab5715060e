import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import type { LanguageModelV4Prompt, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { z } from "zod"
import type { Todo } from "../../session/types.ts"
import { createTools, type Tool } from "../../tool/index.ts"
import { createGuide } from "./index.ts"
import { intentOf } from "./intent.ts"

let directory: string
let todos: Todo[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kilo-guide-"))
  todos = []
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function put(file: string, text: string) {
  await mkdir(dirname(join(directory, file)), { recursive: true })
  await writeFile(join(directory, file), text)
}

interface Run {
  answer: string
  used: string[]
  deltas: number
}

/** A turn as the prompt loop does it, with the real tools in a real directory. */
async function ask(request: string, options: { tools?: string[]; refuse?: string } = {}): Promise<Run> {
  const env = { PATH: process.env.PATH, HOME: directory }
  const tools = createTools({ env, outputDir: join(directory, ".out") }).filter(
    (tool) => options.tools === undefined || options.tools.includes(tool.id),
  )
  const offered = tools.map((tool) => {
    const { $schema: _, ...inputSchema } = z.toJSONSchema(tool.parameters, { io: "input" })
    return {
      type: "function" as const,
      name: tool.id,
      description: tool.description,
      inputSchema: inputSchema as object,
    }
  })
  const prompt: LanguageModelV4Prompt = [
    { role: "system", content: "You are an agent." },
    {
      role: "user",
      content: [
        { type: "text", text: request },
        { type: "text", text: "<environment_details>run x</environment_details>" },
      ],
    },
  ]
  const used: string[] = []
  for (let step = 0; step < 10; step++) {
    const { stream } = await createGuide().doStream({ prompt, tools: offered })
    const parts: LanguageModelV4StreamPart[] = []
    for await (const part of stream) parts.push(part)
    const deltas = parts.flatMap((part) => (part.type === "text-delta" ? [part.delta] : []))
    const calls = parts.flatMap((part) => (part.type === "tool-call" ? [part] : []))
    const finish = parts.at(-1)
    expect(finish).toMatchObject({
      type: "finish",
      finishReason: { unified: calls.length > 0 ? "tool-calls" : "stop" },
      usage: { inputTokens: { total: 0 }, outputTokens: { total: 0 } },
    })
    if (calls.length === 0) return { answer: deltas.join(""), used, deltas: deltas.length }
    const results = []
    for (const call of calls) {
      used.push(call.toolName)
      const output = await execute(tools, call.toolName, JSON.parse(call.input), options.refuse)
      results.push({ type: "tool-result" as const, toolCallId: call.toolCallId, toolName: call.toolName, output })
    }
    prompt.push(
      {
        role: "assistant",
        content: [
          { type: "text", text: deltas.join("") },
          ...calls.map((call) => ({
            type: "tool-call" as const,
            toolCallId: call.toolCallId,
            toolName: call.toolName,
            input: JSON.parse(call.input) as unknown,
          })),
        ],
      },
      { role: "tool", content: results },
    )
  }
  throw new Error("The guide never came to an answer.")
}

async function execute(tools: Tool[], name: string, input: unknown, refuse?: string) {
  const tool = tools.find((item) => item.id === name)
  if (!tool) throw new Error(`${name} was not offered`)
  try {
    const result = await tool.execute(tool.parameters.parse(input), {
      sessionID: "ses_x",
      messageID: "msg_x",
      callID: "call_x",
      agent: { name: "code", mode: "primary", permission: [], options: {} },
      directory,
      worktree: directory,
      abort: AbortSignal.timeout(20_000),
      update: () => undefined,
      async ask(request) {
        if (request.permission === refuse) throw new Error("The user rejected permission to use this tool.")
      },
      question: () => Promise.reject(new Error("not expected")),
      charge: () => undefined,
      todos: {
        get: () => todos,
        set: (next) => {
          todos = next
        },
      },
      edited: () => undefined,
    })
    return { type: "text" as const, value: result.output }
  } catch (error) {
    return { type: "error-text" as const, value: error instanceof Error ? error.message : String(error) }
  }
}

describe("replacing text", () => {
  test("reads, edits and says what changed", async () => {
    await put("README.md", "# Old Name\n\nOld Name is good. Old Name is old.\n")
    const run = await ask('replace "Old Name" with "New Name" in README.md')
    expect(run.used).toEqual(["read", "edit"])
    expect(await readFile(join(directory, "README.md"), "utf8")).toBe(
      "# New Name\n\nNew Name is good. New Name is old.\n",
    )
    expect(run.answer).toContain("3 places, line 1, 3")
    expect(run.answer).toContain("Offline guide, no AI")
    expect(run.deltas).toBeGreaterThan(3)
  })

  test("quotes are not needed, and a full stop at the end is no part of the name", async () => {
    await put("a.txt", "foo\n")
    await ask("Please replace foo with bar in a.txt.")
    expect(await readFile(join(directory, "a.txt"), "utf8")).toBe("bar\n")
  })

  test("a file named without its folder is found", async () => {
    await put("src/deep/only.ts", "const foo = 1\n")
    const run = await ask("replace foo with bar in only.ts")
    expect(run.used).toEqual(["read", "glob", "read", "edit"])
    expect(await readFile(join(directory, "src/deep/only.ts"), "utf8")).toBe("const bar = 1\n")
  })

  test("what is in code fences is content, not a request", async () => {
    await ask("create a.md with\n```\nreplace x with y in z\n```")
    expect(await readFile(join(directory, "a.md"), "utf8")).toBe("replace x with y in z\n")
  })

  test("text that is not there changes nothing and is said", async () => {
    await put("a.txt", "Foo\n")
    const run = await ask("replace foo with bar in a.txt")
    expect(run.used).toEqual(["read"])
    expect(run.answer).toContain("does not contain `foo`")
    expect(run.answer).toContain("line 1: `Foo`")
  })

  test("a missing file is said", async () => {
    const run = await ask("replace foo with bar in none.txt")
    expect(run.answer).toContain("There is no file `none.txt`")
  })

  test("a refused edit is told honestly", async () => {
    await put("a.txt", "foo\n")
    const run = await ask("replace foo with bar in a.txt", { refuse: "edit" })
    expect(run.answer).toMatch(/refused.*The file is as it was/s)
    expect(await readFile(join(directory, "a.txt"), "utf8")).toBe("foo\n")
  })

  test("without the edit tool it says that this agent may only read", async () => {
    await put("a.txt", "foo\n")
    const run = await ask("replace foo with bar in a.txt", { tools: ["read", "grep", "glob", "list"] })
    expect(run.answer).toContain("`edit`, which is not offered")
  })
})

test("creates a file, and never over one that is there", async () => {
  const run = await ask('create a file notes/todo.md with the content "hello there"')
  expect(run.used).toEqual(["read", "write"])
  expect(await readFile(join(directory, "notes/todo.md"), "utf8")).toBe("hello there\n")
  const again = await ask("create file notes/todo.md with other")
  expect(again.answer).toContain("exists already")
  expect(await readFile(join(directory, "notes/todo.md"), "utf8")).toBe("hello there\n")
})

test("runs a command and shows its output", async () => {
  const run = await ask("run `echo out && echo more`")
  expect(run.used).toEqual(["bash"])
  expect(run.answer).toMatch(/out\nmore/)
})

test("shows a file", async () => {
  await put("src/a.ts", "export const a = 1\n// ```\n")
  const run = await ask("show me src/a.ts")
  expect(run.answer).toContain("````ts\nexport const a = 1\n// ```\n````")
})

test("finds and explains a symbol by its definition, comment and uses", async () => {
  await put("src/sum.ts", "/** Adds two numbers. */\nexport function sum(a: number, b: number) {\n  return a + b\n}\n")
  await put("src/main.ts", 'import { sum } from "./sum"\nsum(1, 2)\n')
  const run = await ask("explain `sum`")
  expect(run.used).toEqual(["grep", "read"])
  expect(run.answer).toContain("defined in `src/sum.ts:2`")
  expect(run.answer).toContain("Adds two numbers.")
  expect(run.answer).toContain("src/main.ts:2")
  expect((await ask("where is nothing_like_this defined?")).answer).toContain("does not occur")
})

test("describes the project from its files", async () => {
  await put("README.md", "# Acme\n\n[![x](y)]\n\nAcme makes rockets.\nThey fly.\n\n## More\n")
  await put("package.json", `{"name": "acme", "scripts": {"test": "x"}}`)
  await put("src/a.ts", "")
  await put("src/b.ts", "")
  const run = await ask("describe this project")
  expect(run.used).toEqual(["list", "read", "read"])
  expect(run.answer).toContain("**Acme**")
  expect(run.answer).toContain("Acme makes rockets. They fly.")
  expect(run.answer).toContain("TypeScript (2)")
  expect(run.answer).toContain("`npm run test`")
  expect(run.answer).toContain("`src/`")
})

test("adds, lists and ticks todos", async () => {
  await ask("add todo buy milk; call Bob")
  expect(todos.map((todo) => todo.content)).toEqual(["buy milk", "call Bob"])
  const ticked = await ask("tick todo 2")
  expect(todos.map((todo) => todo.status)).toEqual(["pending", "completed"])
  expect(ticked.answer).toContain("2. [x] call Bob")
  expect((await ask("list todos")).answer).toContain("1. [ ] buy milk")
  expect((await ask("tick todo 7")).answer).toContain('no todo "7"')
})

test("for everything else it says what it can do and how to connect a model", async () => {
  const run = await ask("Write me a compiler for COBOL in Haskell, please")
  expect(run.used).toEqual([])
  expect(run.answer).toContain("ANTHROPIC_API_KEY")
  expect(run.answer).toContain("kilo auth login")
  expect(run.answer).toContain("Offline guide, no AI")
})

test("an aborted turn stops the stream", async () => {
  const control = new AbortController()
  const { stream } = await createGuide().doStream({
    prompt: [{ role: "user", content: [{ type: "text", text: "hello" }] }],
    abortSignal: control.signal,
  })
  const reader = stream.getReader()
  await reader.read()
  control.abort(new Error("stop"))
  const drain = async () => {
    while (!(await reader.read()).done);
  }
  await expect(drain()).rejects.toThrow("stop")
})

test("any request is understood somehow, and quickly", () => {
  const words = fc.constantFrom(
    "replace",
    "with",
    "in",
    "to",
    "a.txt",
    '"',
    "`",
    "find",
    "is",
    "project",
    "file",
    "\n",
    "x",
  )
  const wild = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.array(words, { maxLength: 400 }).map((list) => list.join(" ")),
  )
  fc.assert(
    fc.property(wild, (request) => {
      expect(intentOf(request).kind).toBeTypeOf("string")
    }),
  )
  // What makes careless expressions take hours.
  for (const hard of ["replace a with ", "in a ", "what is ", "mark ", "create a.b with ", "explain the ", '"', " "]) {
    const before = performance.now()
    intentOf(hard.repeat(100_000 / hard.length))
    intentOf(hard.repeat(990 / hard.length))
    intentOf(`replace ${hard.repeat(900 / hard.length)}`)
    expect(performance.now() - before).toBeLessThan(15_000)
  }
})

test.each([
  ["replace 'a b' by `c in d` in \"my file.txt\"", { kind: "replace", from: "a b", to: "c in d", file: "my file.txt" }],
  ["In src/x.ts, change foo to bar", { kind: "replace", from: "foo", to: "bar", file: "src/x.ts" }],
  [
    "rename getUser to fetchUser in @src/api.ts",
    { kind: "replace", from: "getUser", to: "fetchUser", file: "src/api.ts" },
  ],
  ["write “hi” to hello.txt", { kind: "create", file: "hello.txt", content: "hi" }],
  ["create hello.py with\n```python\nprint(1)\n```", { kind: "create", file: "hello.py", content: "print(1)\n" }],
  ["replace a in b with c in d.txt", { kind: "replace", from: "a in b", to: "c", file: "d.txt" }],
  ["replace 1 with 2 in a.txt in b.txt", { kind: "replace", from: "1", to: "2 in a.txt", file: "b.txt" }],
  ["create an empty file x.txt", { kind: "create", file: "x.txt", content: "" }],
  ["$ git status", { kind: "run", command: "git status" }],
  ["run the command: npm test", { kind: "run", command: "npm test" }],
  ["What does this project do?", { kind: "describe" }],
  ["summarise the repository", { kind: "describe" }],
  ["find TODO", { kind: "find", text: "TODO" }],
  ["where is createEngine defined?", { kind: "find", text: "createEngine" }],
  ["what does parseConfig do?", { kind: "explain", name: "parseConfig" }],
  ["explain the function main()", { kind: "explain", name: "main" }],
  ["show the todo list", { kind: "todos" }],
  ["mark todo 3 as done", { kind: "tick", which: "3" }],
  ["list files in src", { kind: "files", where: "src" }],
  ["list the files", { kind: "files", where: "" }],
  ["find files named *.md", { kind: "glob", pattern: "*.md" }],
  ["what is in package.json", { kind: "show", file: "package.json" }],
  ["hello", { kind: "help" }],
  ["", { kind: "help" }],
])("understands: %s", (request, intent) => {
  expect(intentOf(request)).toEqual(intent)
})

describe("naming a session", () => {
  test("gives the request's first line as a title, without a signature", async () => {
    const { answer, used } = await ask("Name this request:\n\nreplace foo with bar in a.txt\nand more", { tools: [] })
    expect(answer).toBe("Replace foo with bar in a.txt")
    expect(used).toEqual([])
  })

  test("cuts a long first line between words", async () => {
    const { answer } = await ask(`Name this request:\n\n${"please explain ".repeat(10)}`, { tools: [] })
    expect(answer).toBe("Please explain please explain please explain …")
  })
})
