import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import type { Agent } from "../agent/types.ts"
import type { QuestionInfo } from "../question/types.ts"
import type { Todo } from "../session/types.ts"
import { createTools, type Tool, type ToolAsk, type ToolContext, type ToolResult, type ToolsOptions } from "./index.ts"

/** For tests: a real directory with the real tools, and a context that records what tools ask, show and edit. */
export interface Bench {
  /** The project. Its parent is a directory of our own, outside the project. */
  root: string
  outside: string
  env: Record<string, string | undefined>
  asks: ToolAsk[]
  updates: { title?: string; metadata?: Record<string, unknown> }[]
  edits: [string, "add" | "change" | "unlink"][]
  todos: Todo[]
  controller: AbortController
  /** Answers questions; throws to refuse. */
  onAsk: (ask: ToolAsk) => void | Promise<void>
  questions: QuestionInfo[][]
  /** Answers the question tool; throws to dismiss. */
  onQuestion: (questions: QuestionInfo[]) => string[][]
  onUpdate: (update: Bench["updates"][number]) => void
  put(path: string, text: string | Uint8Array): string
  tool(id: string): Tool
  callTool(tool: Tool, input: Record<string, unknown>): Promise<ToolResult>
  call(id: string, input: Record<string, unknown>): Promise<ToolResult>
  close(): void
}

export function bench(options: Partial<ToolsOptions> = {}): Bench {
  const outside = realpathSync(mkdtempSync(join(tmpdir(), "kilo-tool-")))
  const root = join(outside, "project")
  mkdirSync(root)
  const env = { PATH: process.env.PATH, HOME: join(outside, "home"), KILO_SERVER_PASSWORD: "secret", ...options.env }
  const tools = createTools({ outputDir: join(outside, "kept"), ...options, env })
  const agent: Agent = { name: "code", mode: "primary", permission: [], options: {} }
  const self: Bench = {
    root,
    outside,
    env,
    asks: [],
    updates: [],
    edits: [],
    todos: [],
    controller: new AbortController(),
    onAsk: () => undefined,
    questions: [],
    onQuestion: () => [],
    onUpdate: () => undefined,
    put(path, text) {
      const file = join(root, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
      return file
    },
    tool(id) {
      const tool = tools.find((each) => each.id === id)
      if (!tool) throw new Error(`no tool ${id}`)
      return tool
    },
    call: async (id, input) => self.callTool(self.tool(id), input),
    async callTool(tool, input) {
      const context: ToolContext = {
        sessionID: "ses_1",
        messageID: "msg_1",
        callID: "call_1",
        agent,
        directory: root,
        worktree: "/",
        abort: self.controller.signal,
        update(progress) {
          self.updates.push(progress)
          self.onUpdate(progress)
        },
        async ask(request) {
          self.asks.push(request)
          await self.onAsk(request)
        },
        async question(questions) {
          self.questions.push(questions)
          return self.onQuestion(questions)
        },
        charge: () => undefined,
        todos: {
          get: () => self.todos,
          set(todos) {
            self.todos = todos
          },
        },
        edited: (file, event) => self.edits.push([file, event]),
      }
      return tool.execute(input, context)
    },
    close: () => rmSync(outside, { recursive: true, force: true }),
  }
  return self
}
