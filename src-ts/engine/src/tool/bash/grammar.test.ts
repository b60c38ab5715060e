import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { Language, type Node, Parser } from "web-tree-sitter"
import { parseCommands } from "./parse.ts"

/** The grammar that editors use for bash: a second opinion on what a command line runs. */
let parser: Parser

beforeAll(async () => {
  await Parser.init()
  const home = dirname(createRequire(import.meta.url).resolve("tree-sitter-bash/package.json"))
  parser = new Parser().setLanguage(await Language.load(join(home, "tree-sitter-bash.wasm")))
})

const COMMANDS = new Set(["command", "declaration_command", "unset_command"])

/** The first words of all commands that the grammar sees, sorted; undefined when it does not understand the text. */
function theirs(text: string): string[] | undefined {
  const tree = parser.parse(text)
  if (!tree) throw new Error("no tree")
  try {
    // It takes two substitutions in backticks for one, from the first to the last backtick.
    if (tree.rootNode.hasError || text.split("`").length > 3) return undefined
    const found: string[] = []
    const visit = (node: Node) => {
      if (COMMANDS.has(node.type)) {
        const name = node.childForFieldName("name") ?? node.child(0)
        if (name) found.push(name.text)
      } else if (node.type === "test_command" && node.child(0)?.type === "[") found.push("[")
      for (const child of node.namedChildren) if (child) visit(child)
    }
    visit(tree.rootNode)
    return found.sort()
  } finally {
    tree.delete()
  }
}

function ours(text: string): string[] | undefined {
  return parseCommands(text)
    ?.flatMap((command) => command.words[0]?.raw ?? [])
    .sort()
}

const word = fc.constantFrom(
  "a",
  "rm",
  "-x",
  "'q r'",
  '"s t"',
  "x=1",
  "$v",
  "a/b",
  "*.ts",
  '"$v"',
  "\\;",
  "{}",
  "$(cat f)",
  "$((1 + $v * $(nproc)))",
  '"n $(git log) m"',
  "`ls`",
  `\${v:-d}`,
  `\${v:-$(id)}`,
)
const name = fc.constantFrom("rm", "git", "ls", "echo", "make", "./run.sh", "'my prog'", "export")
const redirect = fc.constantFrom("", "", "", " > out", " 2>&1", " < in", " >> log", " &> all")
const simple = fc
  .tuple(fc.constantFrom("", "", "", "A=1 ", "! "), name, fc.array(word, { maxLength: 3 }), redirect)
  .map(([before, first, rest, after]) => `${before}${[first, ...rest].join(" ")}${after}`)

const { line } = fc.letrec<{ line: string; block: string }>((tie) => ({
  block: fc.oneof(
    { maxDepth: 2 },
    simple,
    tie("line").map((inner) => `( ${inner} )`),
    tie("line").map((inner) => `{ ${inner}; }`),
    fc.tuple(tie("line"), tie("line")).map(([a, b]) => `if ${a}; then ${b}; fi`),
    tie("line").map((inner) => `for f in x y; do ${inner}; done`),
    tie("line").map((inner) => `while ${inner}; do break; done`),
    tie("line").map((inner) => `echo $(${inner})`),
    tie("line").map((inner) => `diff <(${inner}) b`),
  ),
  line: fc
    .array(fc.tuple(tie("block"), fc.constantFrom(" && ", " || ", " | ", "; ", "\n", " |& ")), {
      minLength: 1,
      maxLength: 3,
    })
    .map((parts) =>
      parts.map(([block, joint], index) => (index === parts.length - 1 ? block : block + joint)).join(""),
    ),
}))

describe("our reader of command lines and the grammar for bash", () => {
  it("see the same commands in any line that both understand", () => {
    let both = 0
    let alone = 0
    fc.assert(
      fc.property(line, (text) => {
        const [mine, other] = [ours(text), theirs(text)]
        if (other === undefined) return
        if (mine === undefined) {
          alone += 1
          return
        }
        both += 1
        expect(mine).toEqual(other)
      }),
      { numRuns: 600 },
    )
    // A reader that understands nothing would agree with everybody.
    expect(both).toBeGreaterThan(300)
    expect(alone).toBeLessThan(both / 20)
  })

  it.each([
    "cd /tmp && git log --oneline | head -5 > out.txt",
    'find . -name "*.ts" -print0 | xargs -0 grep -l needle',
    "for f in *.ts; do sed -i 's/a/b/' \"$f\" || break; done",
    'if ! command -v rg >/dev/null 2>&1; then echo "no rg"; fi',
    "cat <<'EOF' > a.txt\n$(rm -rf /)\nEOF\nls",
    "cat <<EOF | tee b\n$(whoami)\nEOF",
    "export A=1; env B=2 node -e 'process.exit(0)' & wait",
    "while read -r line; do printf '%s\\n' \"$line\"; done < <(git diff --name-only)",
    'sleep $((2 * $(nproc))) && echo "$((1 + 1))"',
    "test -f x && { rm x; } || (exit 1)",
    'npm test -- --grep "a | b" 2>&1 | tail -n +3',
  ])("see the same commands in %j", (text) => {
    expect(theirs(text)).toBeDefined()
    expect(ours(text)).toEqual(theirs(text))
  })
})
