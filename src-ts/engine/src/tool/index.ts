import { dirname } from "node:path"
import type { Agent } from "../agent/types.ts"
import type { EngineOptions } from "../engine.ts"
import type { Skill } from "../skill/types.ts"
import { bashTool } from "./bash/index.ts"
import { editTool } from "./edit.ts"
import { globTool, grepTool, listTool } from "./find.ts"
import { multieditTool } from "./multiedit.ts"
import { patchTool } from "./patch/index.ts"
import { planExitTool } from "./plan.ts"
import { questionEnabled, questionTool } from "./question.ts"
import { readTool } from "./read.ts"
import { semanticSearchTool } from "./semantic.ts"
import { skillTool } from "./skill.ts"
import type { Format } from "./support/format.ts"
import { KeyedLock } from "./support/lock.ts"
import { type TaskHost, taskTool } from "./task.ts"
import { todoreadTool, todowriteTool } from "./todo.ts"
import type { CodeIndex, Tool } from "./types.ts"
import { searchProvider, webfetchTool, websearchTool } from "./web/index.ts"
import { writeTool } from "./write.ts"

export { ToolError } from "./define.ts"
export { lspTool } from "./lsp.ts"
export { questionEnabled } from "./question.ts"
export type { Format } from "./support/format.ts"
export { BoundedOutput } from "./support/output.ts"
export { runTask, type SubTask, type SubTaskEnd, type TaskHost } from "./task.ts"
export * from "./types.ts"
export { fetchPage } from "./web/fetch.ts"

export interface ToolsOptions {
  env: EngineOptions["env"]
  /** Shell for the bash tool, from the configuration. */
  shell?: string
  /** Where output that was cut is kept; made on first use. The model may read there without a question. */
  outputDir: string
  /** Named to the servers of pages that are fetched. */
  version?: string
  /** An index of the project's code by meaning, when there is one. */
  index?: CodeIndex
  /** Skills that may be loaded. */
  skills?: Skill[]
  /** What the task tool works with; missing where there are no sessions. */
  tasks?: { agents: Agent[]; host: TaskHost }
  /** Formats what was changed. */
  format?: Format
  /** From the configuration's `tool_output`. */
  limits?: { maxLines?: number; maxBytes?: number }
}

const MAX_READ_BYTES = 50 * 1024
const MAX_BASH_CHARS = 30_000

/** The built-in tools. Make one set for each directory: edits of one file wait for each other inside a set. */
export function createTools(options: ToolsOptions): Tool[] {
  const { env, outputDir, limits } = options
  const home = env.HOME ?? env.USERPROFILE
  const place = home === undefined ? {} : { home }
  const lock = new KeyedLock()
  const edits = { lock, ...place, ...(options.format ? { format: options.format } : {}) }
  const search = searchProvider(env)
  // What belongs to a skill that the user installed may be read wherever it lies.
  const folders = (options.skills ?? []).flatMap((skill) => (skill.trusted ? [dirname(skill.location)] : []))
  const free = [outputDir, ...folders]
  const find = { env, free, outputDir, ...place }
  return [
    readTool({
      free,
      maxBytes: limits?.maxBytes ?? MAX_READ_BYTES,
      ...(limits?.maxLines === undefined ? {} : { maxLines: limits.maxLines }),
      ...place,
    }),
    writeTool(edits),
    editTool(edits),
    multieditTool(edits),
    patchTool(edits),
    listTool(find),
    globTool(find),
    grepTool(find),
    bashTool({
      env,
      outputDir,
      maxChars: Math.min(limits?.maxBytes ?? MAX_BASH_CHARS, MAX_BASH_CHARS),
      ...(options.shell === undefined ? {} : { shell: options.shell }),
      ...place,
    }),
    todowriteTool,
    todoreadTool,
    webfetchTool({
      outputDir,
      maxChars: limits?.maxBytes ?? MAX_READ_BYTES,
      ...(options.version === undefined ? {} : { version: options.version }),
    }),
    ...(search ? [websearchTool(search)] : []),
    ...(options.index ? [semanticSearchTool(options.index, place)] : []),
    ...(questionEnabled(env) ? [questionTool] : []),
    ...(options.tasks ? [taskTool({ ...options.tasks, outputDir }), planExitTool] : []),
    ...(options.skills?.length ? [skillTool({ skills: options.skills })] : []),
  ]
}
