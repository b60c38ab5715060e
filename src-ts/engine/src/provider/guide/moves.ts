import { describeProject } from "./describe.ts"
import { findOrExplain } from "./find.ts"
import { type Intent, intentOf } from "./intent.ts"
import { answer, call, failure, fence, linesOf, type Move, numbered } from "./say.ts"
import { addTodos, showTodos, tickTodo } from "./todos.ts"
import type { Result, Turn } from "./turn.ts"

/** The next step of a turn, decided from the request and the results so far. */
export function nextMove(turn: Turn): Move {
  const intent = intentOf(turn.request)
  const move = moveFor(intent, turn)
  const missing = (move.calls ?? []).find((item) => !turn.tools.has(item.tool))
  if (!missing) return move
  if (turn.tools.size === 0) return help("no tools are offered to me here")
  return answer(
    `For that I need the tool \`${missing.tool}\`, which is not offered here: the present agent may only read. ` +
      "Switch to the agent `code` and ask again. Nothing was changed.",
  )
}

function moveFor(intent: Intent, turn: Turn): Move {
  const { results } = turn
  switch (intent.kind) {
    case "replace":
      return replace(intent, results)
    case "create":
      return create(intent, results)
    case "run":
      return run(intent.command, results)
    case "show":
      return show(intent.file, results)
    case "todos":
      return showTodos(results)
    case "tick":
      return tickTodo(intent.which, results)
    case "add":
      return addTodos(intent.items, results)
    case "files":
      return files(intent.where, results)
    case "glob":
      return glob(intent.pattern, results)
    case "find":
      return findOrExplain(intent.text, "find", results)
    case "explain":
      return findOrExplain(intent.name, "explain", results)
    case "describe":
      return describeProject(results)
    case "title":
      return { text: titleOf(intent.request) }
    case "help":
      return help(undefined, turn.request)
  }
}

/** read, then edit, then what changed; a file that isn't where it was said to be is looked for by name. */
function replace(intent: { from: string; to: string; file: string }, results: Result[]): Move {
  const { from, to } = intent
  const edit = results.findLast((result) => result.tool === "edit")
  const read = results.findLast((result) => result.tool === "read")
  if (edit) {
    const file = String(edit.input.filePath)
    if (edit.failed) return failure(`change \`${file}\``, edit, "The file is as it was.")
    const before = read ? numbered(read.output) : []
    const hits = before.filter((line) => line.text.includes(from))
    const places = hits.reduce((sum, line) => sum + count(line.text, from), 0)
    const shown = hits.slice(0, 5).flatMap((line) => [`-${line.text}`, `+${line.text.split(from).join(to)}`])
    const where = hits
      .map((line) => line.number)
      .slice(0, 10)
      .join(", ")
    const detail =
      hits.length === 0 ? "" : ` (${plural(places, "place")}, line ${where}${hits.length > 10 ? ", …" : ""})`
    return answer(
      `Replaced \`${from}\` with \`${to}\` in \`${file}\`${detail}.`,
      shown.length > 0 ? fence(shown.join("\n"), "diff") : "",
      "Used: read, edit.",
    )
  }
  const located = locate(intent.file, results)
  if ("calls" in located || "text" in located) return located
  const text = located.read.output
  const whole = !/\(lines \d+ to \d+ of \d+/.test(text)
  const lines = numbered(text)
  if (whole && !from.includes("\n") && !lines.some((line) => line.text.includes(from))) {
    const near = lines.find((line) => line.text.toLowerCase().includes(from.toLowerCase()))
    const hint = near
      ? `With other upper and lower case it is in line ${near.number}: \`${near.text.trim()}\`.`
      : "Check the spelling, or ask me to find it."
    return answer(`\`${located.file}\` does not contain \`${from}\`, so I changed nothing. ${hint}`)
  }
  return call(`Found it; now I change it in \`${located.file}\`.`, {
    tool: "edit",
    input: { filePath: located.file, oldString: from, newString: to, replaceAll: true },
  })
}

/** Reads a file; when it isn't there, looks for one of that name and reads that. */
function locate(wanted: string, results: Result[]): Move | { file: string; read: Result } {
  const read = results.findLast((result) => result.tool === "read")
  if (read && !read.failed) return { file: String(read.input.filePath), read }
  if (!read) return call(`I read \`${wanted}\` first.`, { tool: "read", input: { filePath: wanted } })
  const glob = results.find((result) => result.tool === "glob")
  if (glob && !glob.failed && results.indexOf(read) < results.indexOf(glob)) {
    const found = linesOf(glob.output).filter((line) => !line.startsWith("(") && line !== "No files found.")
    const [only] = found
    if (only !== undefined && found.length === 1)
      return call(`There is one file of that name: \`${only}\`.`, { tool: "read", input: { filePath: only } })
    if (found.length > 1)
      return answer(`There are several files of that name; say which one you mean:`, list(found.slice(0, 20)))
    return answer(
      `There is no file \`${wanted}\` in this project, so I did nothing. Check the name, or ask me to list files.`,
    )
  }
  const missing = /not exist|no such file|not found/i.test(read.output)
  if (!missing || glob) return failure(`read \`${String(read.input.filePath)}\``, read, "I changed nothing.")
  const name = wanted.split(/[\\/]/).at(-1) ?? wanted
  return call(`\`${wanted}\` is not there; I look for that name elsewhere.`, {
    tool: "glob",
    input: { pattern: `**/${name}` },
  })
}

function create(intent: { file: string; content: string }, results: Result[]): Move {
  const { file } = intent
  const write = results.findLast((result) => result.tool === "write")
  if (write)
    return write.failed
      ? failure(`create \`${file}\``, write, "Nothing was written.")
      : answer(`Created \`${file}\` (${plural(linesOf(intent.content).length, "line")}).`, "Used: read, write.")
  const read = results.findLast((result) => result.tool === "read")
  // Reading first is the only way to be sure that nothing gets overwritten, ignored files included.
  if (!read) return call(`First I check that \`${file}\` isn't there yet.`, { tool: "read", input: { filePath: file } })
  if (!read.failed)
    return answer(
      `\`${file}\` exists already, so I wrote nothing. To change it, ask: replace "old text" with "new text" in ${file}.`,
    )
  if (!/not exist|no such file|not found/i.test(read.output))
    return failure(`check \`${file}\``, read, "Nothing was written.")
  const content = intent.content === "" || intent.content.endsWith("\n") ? intent.content : `${intent.content}\n`
  return call(`It is free; I create \`${file}\`.`, { tool: "write", input: { filePath: file, content } })
}

function run(command: string, results: Result[]): Move {
  const done = results.findLast((result) => result.tool === "bash")
  if (!done)
    return call(`I run \`${command}\`.`, {
      tool: "bash",
      input: { command, description: `Run: ${command}`.slice(0, 80) },
    })
  if (done.failed) return failure(`run \`${command}\``, done, "")
  const lines = linesOf(done.output)
  const tail = lines.slice(-40)
  const cut = lines.length > tail.length ? `The last ${tail.length} of ${lines.length} lines:` : "Its output:"
  return answer(`I ran \`${command}\`. ${cut}`, fence(tail.join("\n") || "(no output)"), "Used: bash.")
}

function show(file: string, results: Result[]): Move {
  const located = locate(file, results)
  if ("calls" in located || "text" in located) return located
  if (/<type>directory<\/type>/.test(located.read.output)) {
    const entries = between(located.read.output, "entries")
    return answer(`\`${located.file}\` is a folder:`, list(linesOf(entries).slice(0, 60)), "Used: read.")
  }
  const lines = numbered(located.read.output)
  if (lines.length === 0) return answer(`\`${located.file}\` has no text to show.`, "Used: read.")
  const shown = lines.slice(0, 80)
  const more = lines.length > shown.length ? ` The first ${shown.length} lines; ask your editor for the rest.` : ""
  return answer(
    `\`${located.file}\`:${more}`,
    fence(shown.map((line) => line.text).join("\n"), located.file.split(".").at(-1)),
    "Used: read.",
  )
}

function files(where: string, results: Result[]): Move {
  const done = results.findLast((result) => result.tool === "list")
  if (!done) return call("I list the files.", { tool: "list", input: where ? { path: where } : {} })
  if (done.failed) return failure("list the files", done, "")
  return answer("The files:", fence(linesOf(done.output).slice(0, 120).join("\n")), "Used: list.")
}

function glob(pattern: string, results: Result[]): Move {
  const done = results.findLast((result) => result.tool === "glob")
  const wanted = pattern.includes("/") ? pattern : `**/${pattern}`
  if (!done) return call(`I look for files like \`${wanted}\`.`, { tool: "glob", input: { pattern: wanted } })
  if (done.failed) return failure("look for files", done, "")
  const found = linesOf(done.output)
  return answer(`Files like \`${wanted}\`:`, list(found.slice(0, 50)), "Used: glob.")
}

/** Says what the guide can do and how to get a real model. */
export function help(why?: string, request = ""): Move {
  const asked =
    request.length < 80 && /^\s*(hi|hello|hey|help|\?|what can you|who are you|what are you)\b/i.test(request)
  const rules = "I follow a few rules; no model reads what you write."
  return answer(
    why
      ? `I can't do that: ${why}. ${rules} With the tools of the agent I can:`
      : `${asked ? "Hello." : "I did not understand that."} ${rules} Here is what I can do:`,
    list([
      "describe this project",
      "find `name`, where is `name` defined, explain `name`",
      "show `src/file.ts`, list files in `src`, find files named `*.md`",
      'replace "old" with "new" in `file`',
      'create `notes.md` with "some text"',
      "run `npm test`",
      "add todo `text`, list todos, tick todo 1",
    ]),
    "To work with a real model, connect one: set a key in the environment (ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY or OPENROUTER_API_KEY), run `kilo auth login`, " +
      "or add it in the settings. Ollama and LM Studio on this machine are found by themselves. Then choose the model in the picker.",
  )
}

const list = (items: string[]) => items.map((item) => `- ${item}`).join("\n")
const plural = (amount: number, noun: string) => `${amount} ${noun}${amount === 1 ? "" : "s"}`
const count = (text: string, part: string) => (part === "" ? 0 : text.split(part).length - 1)
const between = (text: string, tag: string) => new RegExp(`<${tag}>\\n?([\\s\\S]*?)\\n?</${tag}>`).exec(text)?.[1] ?? ""

const LONGEST_TITLE = 50

/** A title by rule: the request's first line, cut between words. It carries no signature, because it is a name and no answer. */
function titleOf(request: string): string {
  const line =
    request
      .trim()
      .split("\n", 1)[0]
      ?.replace(/[\s.!?:]+$/, "") ?? ""
  const title = line.charAt(0).toUpperCase() + line.slice(1)
  if (title.length <= LONGEST_TITLE) return title
  return `${title.slice(0, LONGEST_TITLE).replace(/\s+\S*$/, "")} …`
}
