/** What a request asks for, as far as the rules understand it. */
export type Intent =
  | { kind: "replace"; from: string; to: string; file: string }
  | { kind: "create"; file: string; content: string }
  | { kind: "run"; command: string }
  | { kind: "show"; file: string }
  | { kind: "todos" }
  | { kind: "tick"; which: string }
  | { kind: "add"; items: string[] }
  | { kind: "files"; where: string }
  | { kind: "glob"; pattern: string }
  | { kind: "find"; text: string }
  | { kind: "explain"; name: string }
  | { kind: "describe" }
  | { kind: "title"; request: string }
  | { kind: "help" }

const QUOTES: [string, string][] = [
  ['"', '"'],
  ["'", "'"],
  ["`", "`"],
  ["“", "”"],
  ["‘", "’"],
  ["«", "»"],
]

/** Takes one pair of quotes away. */
export function unquote(text: string): string {
  const trimmed = text.trim()
  for (const [open, close] of QUOTES)
    if (trimmed.length >= 2 && trimmed.startsWith(open) && trimmed.endsWith(close))
      return trimmed.slice(open.length, -close.length)
  return trimmed
}

const quoted = QUOTES.map(([open, close]) => `${open}[^${close}]+${close}`).join("|")
// What is quoted may hold any word, also "with" and "in".
const THING = `(${quoted}|.+?)`
const FILE = `(?:the\\s+)?(?:file\\s+)?(${quoted}|[^\\s"'\`]+)`
const END = "\\s*[.!?]?\\s*$"
const START = "^\\s*(?:please\\s+|can you\\s+|could you\\s+|now\\s+)*"

const rule = (body: string) => new RegExp(`${START}${body}${END}`, "is")

const REPLACE = [
  rule(
    `(?:replace|substitute|swap)\\s+(?:all\\s+|every\\s+)?(?:occurrences?\\s+of\\s+)?${THING}\\s+(?:with|by)\\s+${THING}\\s+in\\s+${FILE}`,
  ),
  rule(`(?:change|rename|turn)\\s+${THING}\\s+(?:in)?to\\s+${THING}\\s+in\\s+${FILE}`),
]
const REPLACE_IN = rule(
  `in\\s+${FILE}\\s*[,:]?\\s+(?:replace|change|rename)\\s+${THING}\\s+(?:with|by|to|into)\\s+${THING}`,
)
const CREATE = rule(
  `(?:create|make|add|write)\\s+(?:a\\s+)?(?:new\\s+)?(?:file\\s+)?(?:called\\s+|named\\s+)?${FILE}\\s+(?:with|containing|that (?:says|contains))\\s*(?:the\\s+)?(?:content|contents|text|line)?\\s*:?\\s*(.+)`,
)
const WRITE_TO = rule(`write\\s+${THING}\\s+(?:in)?to\\s+(?:a\\s+)?(?:new\\s+)?${FILE}`)
const CREATE_EMPTY = rule(
  `(?:create|make)\\s+(?:an?\\s+)?(?:new\\s+)?(?:empty\\s+)?file\\s+(?:called\\s+|named\\s+)?${FILE}`,
)
const RUN =
  /^\s*(?:please\s+|can you\s+|could you\s+)*(?:(?:run|execute)(?:\s+the)?(?:\s+(?:shell\s+)?command)?\s*:?\s+|[$!]\s*)(.+)$/is
const SHOW = rule(`(?:show|open|read|print|cat|display|view)\\s+(?:me\\s+)?(?:the\\s+)?(?:contents?\\s+of\\s+)?${FILE}`)
const SHOW_IN = rule(`what(?:'s| is)\\s+in\\s+${FILE}`)
const TODOS = rule(
  "(?:(?:list|show|read|what are)\\s+)?(?:me\\s+)?(?:the\\s+|my\\s+|all\\s+)*(?:to-?dos?|todo list|task list|tasks)",
)
const TICK = rule(
  "(?:tick|check|complete|finish|close|mark)\\s+(?:off\\s+)?(?:the\\s+)?(?:to-?do|task|item)?\\s*(?:number\\s+|no\\.?\\s*|#)?(.+?)(?:\\s+(?:off|as\\s+(?:done|completed?)|done))?",
)
const ADD = rule("(?:add|create|new)\\s+(?:a\\s+)?(?:to-?dos?|tasks?)(?:\\s+items?)?\\s*:?\\s+(.+)")
const FILES = rule(
  "(?:list|show|what are|which)\\s+(?:me\\s+)?(?:all\\s+)?(?:the\\s+)?files(?:\\s+(?:are\\s+)?(?:in|of|under)\\s+(.+?))?",
)
const NAMED = rule(
  `(?:find|list|search for|show)\\s+(?:all\\s+)?(?:the\\s+)?files?\\s+(?:named|called|like|matching)\\s+(.+?)`,
)
const DESCRIBE =
  /\b(?:describe|summari[sz]e|explain|overview|introduce|tell me about|what(?:'s| is| does)|understand)\b.*\b(?:project|repo(?:sitory)?|code\s?base|workspace|application|app)\b/is
const WHERE = rule(
  `where\\s+(?:is|are|do(?:es)?)\\s+(?:the\\s+)?${THING}(?:\\s+(?:defined|declared|used|implemented|located|called|come from))?`,
)
const FIND = rule(
  `(?:find|search(?:\\s+for)?|grep(?:\\s+for)?|look\\s+for|locate)\\s+(?:the\\s+)?(?:symbol\\s+|text\\s+|word\\s+|usages?\\s+of\\s+|uses\\s+of\\s+)?${THING}`,
)
const EXPLAIN = rule(
  `(?:explain|what\\s+(?:is|does|are)|how\\s+does|tell me about|describe)\\s+(?:the\\s+)?(?:(?:function|class|method|symbol|type|interface|variable|constant)\\s+)?${THING}(?:\\s+(?:do|does|work|works|mean|for))?`,
)

const LONGEST = 1000

/** Reads a request by rules; what no rule knows is "help". */
export function intentOf(request: string): Intent {
  // What the engine asks of any model when a session has no name yet.
  const unnamed = /^\s*Name this request:\s*(\S.*)$/s.exec(request)?.[1]
  if (unnamed) return { kind: "title", request: unnamed }
  const fence = /```[^\n]*\n([\s\S]*?)```/.exec(request)
  // Code in a fence is content, never an instruction; what is long beyond that is nothing that rules understand.
  const text = (fence ? request.replace(fence[0], "```") : request).trim()
  if (text.length > LONGEST) return { kind: "help" }
  for (const pattern of REPLACE) {
    const [, from, to, file] = pattern.exec(text) ?? []
    if (from && to && file) return { kind: "replace", from: unquote(from), to: unquote(to), file: path(file) }
  }
  const inside = REPLACE_IN.exec(text)
  if (inside?.[1] && inside[2] && inside[3])
    return { kind: "replace", from: unquote(inside[2]), to: unquote(inside[3]), file: path(inside[1]) }

  const add = ADD.exec(text)?.[1]
  if (add)
    return {
      kind: "add",
      items: add
        .split(/\s*(?:;|\n|,(?=\s))\s*(?:[-*]\s+)?/)
        .map(unquote)
        .filter(Boolean),
    }
  const [, file, content] = CREATE.exec(text) ?? []
  if (file && content && isPath(file))
    return { kind: "create", file: path(file), content: fence?.[1] ?? unquote(content) }
  const write = WRITE_TO.exec(text)
  if (write?.[1] && write[2] && isPath(write[2]))
    return { kind: "create", file: path(write[2]), content: fence?.[1] ?? unquote(write[1]) }
  const empty = CREATE_EMPTY.exec(text)?.[1]
  if (empty) return { kind: "create", file: path(empty), content: "" }

  const command = RUN.exec(text)?.[1]
  if (command) return { kind: "run", command: fence?.[1]?.trim() ?? unquote(command) }
  if (TODOS.test(text)) return { kind: "todos" }
  const tick = TICK.exec(text)?.[1]
  if (tick && /to-?do|task|item|tick|#|\b\d+\b|mark/i.test(text)) return { kind: "tick", which: unquote(tick) }
  const named = NAMED.exec(text)?.[1]
  if (named) return { kind: "glob", pattern: unquote(named) }
  const files = FILES.exec(text)
  if (files) return { kind: "files", where: folder(files[1]) }
  if (DESCRIBE.test(text)) return { kind: "describe" }
  const show = (SHOW.exec(text) ?? SHOW_IN.exec(text))?.[1]
  if (show && isPath(show)) return { kind: "show", file: path(show) }
  const where = (WHERE.exec(text) ?? FIND.exec(text))?.[1]
  if (where) {
    const wanted = unquote(where)
    return /^[^\s]*[*?][^\s]*$/.test(wanted) && !wanted.includes("(")
      ? { kind: "glob", pattern: wanted }
      : { kind: "find", text: wanted }
  }
  const name = EXPLAIN.exec(text)?.[1]
  if (name) {
    const wanted = unquote(name)
    if (isPath(wanted)) return { kind: "show", file: wanted }
    if (/^[\w$.#:<>-]+(\(\))?$/.test(wanted) && !/^(you|this|that|it|up|kilo)$/i.test(wanted))
      return { kind: "explain", name: wanted.replace(/\(\)$/, "") }
  }
  return { kind: "help" }
}

const path = (text: string) =>
  unquote(text.replace(/^@/, ""))
    .replace(/^@/, "")
    .replace(/[.,;:!?]+$/, "")

/** Whether a word looks like a file: a dot or slash in it, or a name that is known to have neither. */
function isPath(text: string): boolean {
  const name = unquote(text)
  return (
    /^[^\s]+\.[\w-]+$/.test(name) ||
    /^\S*\/\S+$/.test(name) ||
    /^(Makefile|Dockerfile|LICENSE|README|CHANGELOG|\.\w+)$/i.test(name)
  )
}

function folder(text: string | undefined): string {
  const name = text === undefined ? "" : unquote(text.replace(/^(?:the\s+)?(?:folder|directory|dir)\s+/i, ""))
  return /^(?:(?:this|the)\s+)?(?:project|repo(?:sitory)?|here|folder|directory)$/i.test(name) ? "" : name
}
