import { basename, isAbsolute, join, resolve } from "node:path"
import { parseCommands, type Redirect, type ShellCommand, type Word } from "./parse.ts"

export interface CommandScope {
  /** What permission rules are asked about: one entry for each command. */
  patterns: string[]
  /** What "always" would allow; empty when no sensible generalisation exists. */
  always: string[]
  /** Absolute paths that the command names as files to read or write, before symlinks are followed. */
  paths: string[]
}

/** Commands that start with a word for what and a word for which: the second belongs to the pattern. */
const TWO_WORDS = new Set(
  (
    "git npm pnpm yarn bun deno cargo go docker podman kubectl helm gh glab pip pip3 uv poetry conda brew apt apt-get dnf " +
    "systemctl terraform dotnet mvn mvnw gradle gradlew make just task rails bundle gem composer flutter dart swift npx bunx pnpx mix rustup nix aws gcloud az"
  ).split(" "),
)

/** Commands that run whatever they are given: allowing them once for all would allow everything. */
const RUNNERS = new Set(
  "sh bash zsh dash ksh fish eval exec source . sudo doas su env xargs command builtin nohup nice time timeout watch ssh setsid stdbuf parallel trap alias".split(
    " ",
  ),
)
const INLINE_CODE = new Map([
  ["python", "-c"],
  ["python3", "-c"],
  ["node", "-e"],
  ["perl", "-e"],
  ["ruby", "-e"],
  ["php", "-r"],
])
/** Runners whose own command stands in their arguments, after options and assignments. */
const UNWRAPPED = new Set("sudo doas env xargs command builtin nohup nice exec setsid stdbuf timeout time".split(" "))
const SHELLS = new Set(["sh", "bash", "zsh", "dash", "ksh"])

/** Commands whose plain arguments are files or directories. */
const FILE_COMMANDS = new Set(
  (
    "cd pushd rm rmdir cp mv ln cat tac head tail less more nl touch mkdir chmod chown chgrp ls dir tree du stat file tee " +
    "install truncate shred dd rsync scp diff cmp sort uniq wc cut unlink readlink realpath source . open xdg-open vi vim nano grep rg sed awk find tar zip unzip gzip gunzip"
  ).split(" "),
)
const HARMLESS = /^\/dev\/(null|zero|stdin|stdout|stderr|tty|u?random|fd\/\d+)$/

/** What a command line does, as far as it can be told from its text. A text that is not understood is one pattern of its own. */
export function commandScope(text: string, directory: string, home?: string): CommandScope {
  const commands = parseCommands(text)
  if (!commands) return wholeScope(text)
  const patterns: string[] = []
  const always: string[] = []
  const paths: string[] = []
  let cwd = directory
  const add = (list: string[], items: string[]) => {
    for (const item of items) if (!list.includes(item)) list.push(item)
  }
  for (const command of unwrapped(commands)) {
    if (command.words.length + command.assignments.length === 0 && command.redirects.every(duplicates)) continue
    const bare = shown(command.words, command.redirects)
    const full = shown([...command.assignments, ...command.words], command.redirects)
    // A variable in front can change what a program does, so it must be allowed too; a rule about the program counts as well.
    add(patterns, command.words.length === 0 || full === bare ? [full] : [full, bare])
    add(always, full === bare ? generalised(command, bare) : exactly(full))
    if (full !== bare && command.words.length > 0) add(always, generalised(command, bare))
    add(paths, named(command, cwd, home))
    cwd = directoryAfter(command, cwd, home)
  }
  return { patterns: patterns.filter(Boolean), always: always.filter(Boolean), paths }
}

/** A command line that can only be allowed or refused as it stands. */
export function wholeScope(text: string): CommandScope {
  const whole = text.trim()
  return { patterns: [whole], always: exactly(whole), paths: [] }
}

/** Adds the commands inside `sudo x`, `env x`, `sh -c "x"`, so that rules about x see them. */
function unwrapped(commands: ShellCommand[], depth = 0): ShellCommand[] {
  return commands.flatMap((command) => {
    const inner = depth < 5 ? innerOf(command) : undefined
    return inner ? [command, ...unwrapped(inner, depth + 1)] : [command]
  })
}

function innerOf(command: ShellCommand): ShellCommand[] | undefined {
  const name = program(command)
  if (name === undefined) return undefined
  const rest = command.words.slice(1)
  if (SHELLS.has(name)) {
    const at = rest.findIndex((word) => /^-[a-z]*c$/.test(word.value ?? ""))
    const script = at >= 0 ? rest[at + 1]?.value : undefined
    return script === undefined ? undefined : parseCommands(script)
  }
  if (name === "eval") {
    const values = rest.map((word) => word.value)
    return values.every((value) => value !== undefined) ? parseCommands(values.join(" ")) : undefined
  }
  if (name === "find") {
    const at = rest.findIndex((word) => /^-(exec|execdir|ok|okdir)$/.test(word.value ?? ""))
    if (at < 0) return undefined
    const end = rest.findIndex((word, index) => index > at && (word.value === ";" || word.value === "+"))
    const words = rest.slice(at + 1, end < 0 ? undefined : end)
    return words.length > 0 ? [{ assignments: [], words, redirects: [] }] : undefined
  }
  if (!UNWRAPPED.has(name)) return undefined
  let start = 0
  while (start < rest.length && /^(-|\d|[A-Za-z_]\w*=)/.test(rest[start]?.raw ?? "")) start += 1
  const words = rest.slice(start)
  return words.length > 0 ? [{ assignments: [], words, redirects: [] }] : undefined
}

function program(command: ShellCommand): string | undefined {
  const value = command.words[0]?.value
  return value === undefined ? undefined : basename(value)
}

function shown(words: Word[], redirects: Redirect[]): string {
  return [...words.map(display), ...redirects.map(redirection)].join(" ")
}

function redirection({ fd, operator, target }: Redirect): string {
  return `${fd}${operator}${operator.endsWith("&") ? "" : " "}${display(target)}`
}

/** 2>&1 and the like: no file is touched. */
function duplicates({ operator, target }: Redirect): boolean {
  return operator.endsWith("&") && /^[\d-]+$/.test(target.raw)
}

/** Quotes that change nothing are dropped, so that 'rm' and r\m are seen as rm. */
function display(word: Word): string {
  return word.value !== undefined && /^[\w@%+=:,./^-]+$/.test(word.value) ? word.value : word.raw
}

function generalised(command: ShellCommand, text: string): string[] {
  const [first, second] = command.words
  const name = program(command)
  if (!first || name === undefined || first.glob || display(first) !== first.value) return exactly(text)
  if (RUNNERS.has(name)) return exactly(text)
  if (name === "find" && command.words.some((word) => /^-(exec|ok|delete|fprint|fls)/.test(word.value ?? ""))) {
    return exactly(text)
  }
  const inline = INLINE_CODE.get(name)
  if (inline && command.words.some((word) => word.value === inline)) return exactly(text)
  if (!TWO_WORDS.has(name) || !second) return [`${first.value} *`]
  // An option in front of the sub-command hides which one it is.
  if (second.value === undefined || !/^[\w][\w:./@-]*$/.test(second.value)) return exactly(text)
  return [`${first.value} ${second.value} *`]
}

/** A text with wildcards in it can't be saved as itself: as a pattern it would allow more than what was shown. */
function exactly(text: string): string[] {
  return /[*?]/.test(text) ? [] : [text]
}

function named(command: ShellCommand, cwd: string, home: string | undefined): string[] {
  const words: Word[] = command.redirects
    .filter((each) => !each.operator.startsWith("<<") && !duplicates(each))
    .map((each) => each.target)
  const name = program(command)
  if (name !== undefined && FILE_COMMANDS.has(name)) words.push(...command.words.slice(1))
  // The program itself may be a file of somebody else's: "/tmp/x.sh" is named like any other.
  const paths: string[] = []
  for (const word of words) {
    const value = pathOf(word, home)
    if (value === undefined || value === "" || value.startsWith("-")) continue
    const absolute = isAbsolute(value) ? resolve(value) : resolve(cwd, value)
    if (!HARMLESS.test(absolute)) paths.push(absolute)
  }
  // Options such as --target-directory=/etc name paths too.
  for (const word of command.words.slice(1)) {
    const option = /^--?[\w-]+=(\/.*|~\/.*|\.\.\/.*)$/.exec(word.value ?? "")?.[1]
    if (option !== undefined && name !== undefined && FILE_COMMANDS.has(name)) {
      paths.push(resolve(cwd, option.startsWith("~/") && home ? join(home, option.slice(2)) : option))
    }
  }
  return paths
}

/** The path that a word names, as far as it is known: $HOME and ~ are, other variables are not. With a glob or a variable, the folder before it. */
function pathOf(word: Word, home: string | undefined): string | undefined {
  let value = word.value
  if (value === undefined) {
    const match = /^"?\$(?:HOME|\{HOME\})(\/[^$`"\\]*)?"?$/.exec(word.raw)
    return match && home !== undefined ? home + (match[1] ?? "") : known(word.raw, home)
  }
  if (home !== undefined && word.raw.startsWith("~") && (value === "~" || value.startsWith("~/"))) {
    value = home + value.slice(1)
  }
  if (!word.glob) return value
  const start = value.search(/[*?[]/)
  const slash = value.lastIndexOf("/", start)
  return start < 0 ? value : slash < 0 ? "." : value.slice(0, slash + 1)
}

/** The folders in front of what only the shell knows: /proc/ of /proc/$PPID/environ. */
function known(raw: string, home: string | undefined): string | undefined {
  const [, place, rest = ""] = /^"?(\$HOME(?=\/)|\$\{HOME\}(?=\/)|~(?=\/))?([^$`"'\\{*?[]*)/.exec(raw) ?? []
  if (place !== undefined && home === undefined) return undefined
  const slash = rest.lastIndexOf("/")
  return slash < 0 ? undefined : (place === undefined ? "" : home) + rest.slice(0, slash + 1)
}

function directoryAfter(command: ShellCommand, cwd: string, home: string | undefined): string {
  const name = command.words[0]?.value
  if (name !== "cd" && name !== "pushd") return cwd
  const target = command.words[1]
  if (!target) return home ?? cwd
  const path = pathOf(target, home)
  // "cd -" and unknown places: later relative paths are judged from where we were.
  return path === undefined || path.startsWith("-") ? cwd : isAbsolute(path) ? path : resolve(cwd, path)
}
