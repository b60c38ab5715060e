/** One word of a command line. */
export interface Word {
  /** As written, quotes and all. */
  raw: string
  /** What the shell makes of it, or undefined when that depends on variables, substitutions or brace lists. */
  value: string | undefined
  /** An unquoted *, ? or [ in it: the shell may replace it by file names. */
  glob: boolean
}

export interface Redirect {
  /** Number in front, such as the 2 of 2>&1. */
  fd: string
  operator: string
  target: Word
}

/** A simple command: what permission rules are about. */
export interface ShellCommand {
  assignments: Word[]
  words: Word[]
  redirects: Redirect[]
}

/** Something that this reader does not understand; the caller then treats the whole text as one command. */
class NotUnderstood extends Error {}

const MAX_LENGTH = 100_000
const MAX_DEPTH = 20

/**
 * All simple commands of a POSIX or bash command line, in the order in which they stand there: those of pipelines, lists,
 * groups, subshells, loops, conditions, command and process substitutions and here-documents. Undefined when the text
 * uses something that is not understood (case, functions, arithmetic commands) or is incomplete.
 */
export function parseCommands(text: string): ShellCommand[] | undefined {
  if (text.length > MAX_LENGTH) return undefined
  try {
    const reader = new Reader(text, 0)
    reader.list(undefined)
    return reader.commands
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined
    throw error
  }
}

/** Words after which another command follows. */
const OPENING = new Set(["if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"])
const CLOSING = new Set(["fi", "done", "}"])
const UNKNOWN = new Set(["case", "esac", "function", "select", "coproc", "in"])
const REDIRECTS = ["&>>", "&>", "<<<", "<<-", "<<", "<>", "<&", ">>", ">&", ">|", "<", ">"]

class Reader {
  readonly commands: ShellCommand[] = []
  #at = 0
  /** Here-documents whose text begins after the line that is being read. */
  #documents: { end: string; quoted: boolean; tabs: boolean }[] = []
  readonly #text: string
  readonly #depth: number

  constructor(text: string, depth: number) {
    if (depth > MAX_DEPTH) throw new NotUnderstood()
    this.#text = text
    this.#depth = depth
  }

  get position(): number {
    return this.#at
  }

  /** Commands up to the end of the text, or up to and with `close` when one is given. */
  list(close: ")" | undefined) {
    for (;;) {
      this.#blanks()
      const char = this.#text[this.#at]
      if (char === undefined) {
        if (close || this.#documents.length > 0) throw new NotUnderstood()
        return
      }
      if (char === ")") {
        if (!close || this.#documents.length > 0) throw new NotUnderstood()
        this.#at += 1
        return
      }
      if (char === "\n") {
        this.#at += 1
        this.#readDocuments()
      } else if (char === "#") {
        this.#comment()
      } else if (char === ";" || char === "&" || char === "|") {
        // ";;" belongs to case; all other separators only part commands.
        if (this.#starts(";;")) throw new NotUnderstood()
        if (this.#redirect()) this.#command()
        else this.#at += 1
      } else if (char === "(") {
        if (this.#starts("((")) throw new NotUnderstood()
        this.#at += 1
        this.list(")")
        this.#afterGroup()
      } else {
        this.#command()
      }
    }
  }

  /** Redirections may follow a group; anything else must be a separator. */
  #afterGroup() {
    const redirects: Redirect[] = []
    for (;;) {
      this.#blanks()
      const redirect = this.#readRedirect()
      if (!redirect) break
      redirects.push(redirect)
    }
    if (redirects.length > 0) this.commands.push({ assignments: [], words: [], redirects })
    const char = this.#text[this.#at]
    if (char !== undefined && !"\n;&|)#".includes(char)) throw new NotUnderstood()
  }

  #command() {
    const command: ShellCommand = { assignments: [], words: [], redirects: [] }
    for (;;) {
      this.#blanks()
      const char = this.#text[this.#at]
      if (char === undefined || char === "\n" || char === ";" || char === "|" || char === ")") break
      if (char === "&" && !this.#redirect()) break
      const redirect = this.#readRedirect()
      if (redirect) {
        command.redirects.push(redirect)
        continue
      }
      if (char === "(") {
        // After a word such as "do" a group may stand; inside a command it is a function, an array or a mistake.
        if (command.words.length + command.assignments.length + command.redirects.length === 0) return
        throw new NotUnderstood()
      }
      const word = this.#word()
      if (command.words.length === 0) {
        if (command.assignments.length === 0 && command.redirects.length === 0) {
          if (OPENING.has(word.raw)) continue
          if (CLOSING.has(word.raw)) {
            this.#afterGroup()
            return
          }
          if (word.raw === "for") {
            this.#forWords()
            return
          }
          if (word.raw === "[[") {
            this.#condition()
            return
          }
        }
        if (UNKNOWN.has(word.raw)) throw new NotUnderstood()
        if (/^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(word.raw)) {
          command.assignments.push(word)
          continue
        }
      }
      command.words.push(word)
    }
    if (command.words.length + command.assignments.length + command.redirects.length > 0) this.commands.push(command)
  }

  /** `for name in words`: the words may hold substitutions, which reading them collects. */
  #forWords() {
    this.#blanks()
    const name = this.#word()
    if (!/^[A-Za-z_]\w*$/.test(name.raw)) throw new NotUnderstood()
    for (;;) {
      this.#blanks()
      const char = this.#text[this.#at]
      if (char === undefined) throw new NotUnderstood()
      if (char === ";" || char === "\n") return
      if ("&|()<>".includes(char)) throw new NotUnderstood()
      this.#word()
    }
  }

  /** `[[ … ]]` runs nothing by itself. */
  #condition() {
    for (;;) {
      this.#blanks()
      const char = this.#text[this.#at]
      if (char === undefined) throw new NotUnderstood()
      const substitution = (char === "<" || char === ">") && this.#text[this.#at + 1] === "("
      if (!substitution && "&|<>()\n".includes(char)) {
        this.#at += 1
        continue
      }
      if (char === ";") throw new NotUnderstood()
      if (this.#word().raw === "]]") return
    }
  }

  #redirect(): boolean {
    return this.#starts("&>")
  }

  #readRedirect(): Redirect | undefined {
    const digits = /^(?:\d+|\{\w+\})(?=[<>])/.exec(this.#text.slice(this.#at, this.#at + 40))?.[0] ?? ""
    const at = this.#at + digits.length
    const operator = REDIRECTS.find((each) => this.#text.startsWith(each, at))
    if (!operator) return undefined
    // "<(" and ">(" are process substitutions: words, not redirections.
    if ((operator === "<" || operator === ">") && this.#text[at + 1] === "(") return undefined
    this.#at = at + operator.length
    this.#blanks()
    const target = this.#word()
    if (operator === "<<" || operator === "<<-") {
      const end = target.raw.replace(/['"\\]/g, "")
      if (end === "" || /[$`]/.test(end)) throw new NotUnderstood()
      this.#documents.push({ end, quoted: end !== target.raw, tabs: operator === "<<-" })
    }
    return { fd: digits, operator, target }
  }

  #readDocuments() {
    for (const document of this.#documents.splice(0)) {
      const body: string[] = []
      for (;;) {
        if (this.#at >= this.#text.length) throw new NotUnderstood()
        const newline = this.#text.indexOf("\n", this.#at)
        const end = newline < 0 ? this.#text.length : newline
        const line = this.#text.slice(this.#at, end)
        this.#at = Math.min(end + 1, this.#text.length)
        if ((document.tabs ? line.replace(/^\t+/, "") : line) === document.end) break
        if (newline < 0) throw new NotUnderstood()
        body.push(line)
      }
      if (!document.quoted) this.#expansions(body.join("\n"))
    }
  }

  /** Substitutions inside text that is otherwise taken as it is. */
  #expansions(text: string) {
    const inner = new Reader(text, this.#depth + 1)
    inner.#quotedUntil(undefined)
    this.commands.push(...inner.commands)
  }

  #word(): Word {
    const start = this.#at
    let value: string | undefined = ""
    let glob = false
    const add = (text: string | undefined) => {
      value = value === undefined || text === undefined ? undefined : value + text
    }
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined || " \t\r\n;|&".includes(char)) break
      if (char === "<" || char === ">") {
        if (this.#text[this.#at + 1] !== "(") break
        this.#at += 2
        this.list(")")
        add(undefined)
      } else if (char === "(" || char === ")") {
        break
      } else if (char === "'") {
        const end = this.#text.indexOf("'", this.#at + 1)
        if (end < 0) throw new NotUnderstood()
        add(this.#text.slice(this.#at + 1, end))
        this.#at = end + 1
      } else if (char === '"') {
        this.#at += 1
        add(this.#quotedUntil('"'))
      } else if (char === "\\") {
        const next = this.#text[this.#at + 1]
        if (next === undefined) throw new NotUnderstood()
        add(next === "\n" ? "" : next)
        this.#at += 2
      } else if (char === "$" || char === "`") {
        add(this.#expansion(false))
      } else {
        if (char === "*" || char === "?" || char === "[") glob = true
        // Brace lists make several words out of one.
        add(
          char === "{" && this.#at > start
            ? undefined
            : char === "{" && this.#text[this.#at + 1] !== " "
              ? undefined
              : char,
        )
        this.#at += 1
      }
    }
    if (this.#at === start) throw new NotUnderstood()
    const raw = this.#text.slice(start, this.#at)
    return { raw, value: raw === "{" || raw === "{}" ? raw : value, glob }
  }

  /** Text up to `close` (or to the end), in which only $, ` and \ are special. */
  #quotedUntil(close: '"' | undefined): string | undefined {
    let value: string | undefined = ""
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined) {
        if (close) throw new NotUnderstood()
        return value
      }
      if (char === close) {
        this.#at += 1
        return value
      }
      let piece: string | undefined
      if (char === "\\") {
        const next = this.#text[this.#at + 1]
        if (next === undefined && close) throw new NotUnderstood()
        piece = next === "\n" ? "" : next !== undefined && '$`"\\'.includes(next) ? next : `\\${next ?? ""}`
        this.#at += 2
      } else if (char === "$" || char === "`") {
        piece = this.#expansion(true)
      } else {
        piece = char
        this.#at += 1
      }
      value = value === undefined || piece === undefined ? undefined : value + piece
    }
  }

  /** Something that starts with $ or `. Returns its text when it is plain, undefined when it is known only at run time. */
  #expansion(quoted: boolean): string | undefined {
    if (this.#text[this.#at] === "`") {
      const end = this.#closingBacktick()
      const source = this.#text.slice(this.#at + 1, end)
      // What \" means in here depends on the quotes around, and shells differ about it.
      if (source.includes('\\"')) throw new NotUnderstood()
      const inner = new Reader(source.replace(/\\([`\\$])/g, "$1"), this.#depth + 1)
      inner.list(undefined)
      this.commands.push(...inner.commands)
      this.#at = end + 1
      return undefined
    }
    const next = this.#text[this.#at + 1]
    if (next === "(") {
      if (this.#starts("$((")) {
        this.#calculation()
        return undefined
      }
      const inner = new Reader(this.#text.slice(this.#at + 2), this.#depth + 1)
      inner.list(")")
      this.commands.push(...inner.commands)
      this.#at += 2 + inner.position
      return undefined
    }
    if (next === "{") {
      this.#at += 2
      this.#parameter(quoted)
      return undefined
    }
    if (!quoted && next === "'") {
      // $'…' knows escapes that would have to be decoded; its end is all that matters here.
      let end = this.#at + 2
      while (this.#text[end] !== undefined && this.#text[end] !== "'") end += this.#text[end] === "\\" ? 2 : 1
      if (this.#text[end] === undefined) throw new NotUnderstood()
      this.#at = end + 1
      return undefined
    }
    if (!quoted && next === '"') {
      this.#at += 1
      return ""
    }
    const name = /^\$(?:[A-Za-z_]\w*|[0-9@*#?$!-])/.exec(this.#text.slice(this.#at, this.#at + 200))?.[0]
    if (name === undefined) {
      this.#at += 1
      return "$"
    }
    this.#at += name.length
    return undefined
  }

  /**
   * `$((…))`, which runs nothing but the substitutions in it. Something that could also be a group of commands in `$(…)`
   * is not understood: shells tell the two apart in different ways.
   */
  #calculation() {
    this.#at += 3
    let plain = ""
    for (let depth = 0; ; ) {
      const char = this.#text[this.#at]
      if (char === undefined) throw new NotUnderstood()
      if (char === "$" || char === "`") {
        this.#expansion(true)
        plain += "v"
        continue
      }
      if (char === ")" && depth === 0) break
      if (char === "(") depth += 1
      else if (char === ")") depth -= 1
      plain += char
      this.#at += 1
    }
    // Two words side by side are a command.
    const numbers = /^[\w\s+*/%<>=!&|^~?:,()[\]-]*$/.test(plain) && !/[\w\])]\s+[\w([]/.test(plain)
    if (!numbers || !this.#starts("))")) throw new NotUnderstood()
    this.#at += 2
  }

  /** The rest of `${…}`; its default value may hold quotes and substitutions. Inside double quotes ' is a plain character. */
  #parameter(quoted: boolean) {
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined) throw new NotUnderstood()
      if (char === "}") {
        this.#at += 1
        return
      }
      if (char === "$" || char === "`") this.#expansion(quoted)
      else if (!quoted && (char === "<" || char === ">") && this.#text[this.#at + 1] === "(") {
        this.#at += 2
        this.list(")")
      } else if (char === "\\") this.#at += 2
      else if (char === '"') {
        this.#at += 1
        this.#quotedUntil('"')
      } else if (char === "'" && !quoted) {
        const end = this.#text.indexOf("'", this.#at + 1)
        if (end < 0) throw new NotUnderstood()
        this.#at = end + 1
      } else this.#at += 1
    }
  }

  #closingBacktick(): number {
    for (let at = this.#at + 1; at < this.#text.length; at += 1) {
      if (this.#text[at] === "\\") at += 1
      else if (this.#text[at] === "`") return at
    }
    throw new NotUnderstood()
  }

  #blanks() {
    for (;;) {
      const char = this.#text[this.#at]
      if (char === " " || char === "\t" || char === "\r") this.#at += 1
      else if (char === "\\" && this.#text[this.#at + 1] === "\n") this.#at += 2
      else if (char === "#" && this.#at > 0 && " \t\n".includes(this.#text[this.#at - 1] ?? "")) this.#comment()
      else return
    }
  }

  #comment() {
    const end = this.#text.indexOf("\n", this.#at)
    this.#at = end < 0 ? this.#text.length : end
  }

  #starts(text: string): boolean {
    return this.#text.startsWith(text, this.#at)
  }
}
