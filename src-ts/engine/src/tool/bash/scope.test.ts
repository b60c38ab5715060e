import { execFileSync, spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parseCommands } from "./parse.ts"
import { commandScope } from "./scope.ts"

const scope = (text: string) => commandScope(text, "/w", "/home/u")
const patterns = (text: string) => scope(text).patterns
const always = (text: string) => scope(text).always
const paths = (text: string) => scope(text).paths

describe("patterns", () => {
  it("names every command of lists, pipelines, groups and background jobs", () => {
    expect(patterns("echo hi && ls")).toEqual(["echo hi", "ls"])
    expect(patterns("a; b & c | d |& e || f\ng")).toEqual(["a", "b", "c", "d", "e", "f", "g"])
    expect(patterns("(cd x && rm y); { make; } 2>&1 | tee log")).toEqual(["cd x", "rm y", "make", "tee log"])
    expect(patterns("! grep -q x f || time make")).toEqual(["grep -q x f", "make"])
  })

  it("looks into substitutions, loops, conditions and here-documents", () => {
    expect(patterns('echo "now: $(date +%s) `rm a`"')).toEqual(["date +%s", "rm a", 'echo "now: $(date +%s) `rm a`"'])
    expect(patterns("diff <(sort a) <(sort b)")).toEqual(["sort a", "sort b", "diff <(sort a) <(sort b)"])
    expect(patterns("for f in $(ls); do rm $f; done > log")).toEqual(["ls", "rm $f", "> log"])
    expect(patterns("if [ -f a ]; then cat a; elif test b; then b; else c; fi")).toEqual([
      "[ -f a ]",
      "cat a",
      "test b",
      "b",
      "c",
    ])
    expect(patterns(`while read x; do echo \${x:-$(rm z)}; done`)).toEqual(["read x", "rm z", `echo \${x:-$(rm z)}`])
    expect(patterns("cat <<EOF\nhello $(whoami)\nEOF\nls")).toEqual(["cat << EOF", "whoami", "ls"])
    expect(patterns("cat <<'EOF'\nhello $(rm -rf /)\nEOF")).toEqual(["cat << EOF"])
    expect(patterns("[[ -f $(pwd)/a && b > c ]] && ls")).toEqual(["pwd", "ls"])
  })

  it("sees through quotes and backslashes, and keeps separators inside them", () => {
    expect(patterns("'rm' -r\\f \"x\"")).toEqual(["rm -rf x"])
    expect(patterns("r\\m x")).toEqual(["rm x"])
    expect(patterns("echo 'a; b && c' \"d | e\" f\\;g")).toEqual(["echo 'a; b && c' \"d | e\" f\\;g"])
    expect(patterns("git  \\\n  status # and rm x")).toEqual(["git status"])
  })

  it("shows what wrappers run, and both forms of a command with variables in front", () => {
    expect(patterns("sudo -n rm x")).toEqual(["sudo -n rm x", "rm x"])
    expect(patterns("bash -lc 'git push && rm x'")).toEqual(["bash -lc 'git push && rm x'", "git push", "rm x"])
    expect(patterns('env A=1 sh -c "rm x"')).toContain("rm x")
    expect(patterns("find . | xargs -0 rm")).toEqual(["find .", "xargs -0 rm", "rm"])
    expect(patterns("find . -name x -exec rm {} \\;")).toEqual(["find . -name x -exec rm {} \\;", "rm {}"])
    expect(patterns("LD_PRELOAD=./x git log")).toEqual(["LD_PRELOAD=./x git log", "git log"])
    expect(patterns("A=$(rm x)")).toEqual(["rm x", "A=$(rm x)"])
  })

  it("looks into calculations, and takes nothing for one that may be a group of commands", () => {
    expect(patterns("echo $((1 + (i * 2))) && ls")).toEqual(["echo $((1 + (i * 2)))", "ls"])
    expect(patterns("sleep $(($(cat n) + `id`)); ls")).toEqual(["cat n", "id", "sleep $(($(cat n) + `id`))", "ls"])
    for (const text of ["echo $((rm x))", "echo $((rm x); (ls))", "echo $((ls; rm))", "echo $((a) )", "echo $((1"]) {
      expect(parseCommands(text)).toBeUndefined()
    }
  })

  it("takes a text that it does not understand as one command", () => {
    for (const text of [
      "case x in a) rm b;; esac",
      "f() { rm x; }",
      "echo 'open",
      "echo $(ls",
      "((a++))",
      "a=(1 2)",
      "cat <<EOF\nx",
      ")",
    ]) {
      expect(scope(`  ${text} `)).toEqual({
        patterns: [text],
        always: [text].filter((each) => !/[*?]/.test(each)),
        paths: [],
      })
    }
  })

  it("never throws and never hides a command that a plain separator sets apart", () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      "`",
      "$(",
      ")",
      "${",
      "}",
      "\\",
      "\n",
      ";",
      "&&",
      "|",
      "<",
      ">",
      "<<E",
      " ",
      "a",
      "if",
      "done",
      "#",
      "*",
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join("")
        const found = scope(`rm x\n${text}`)
        if (parseCommands(`rm x\n${text}`)) expect(found.patterns[0]).toBe("rm x")
        else expect(found.patterns).toEqual([`rm x\n${text}`.trim()])
      }),
      { numRuns: 2000 },
    )
  })

  it("agrees with the shell about what a text of quotes and blanks means", () => {
    const piece = fc.constantFrom("'", '"', "\\", " ", "a", "b", "-", "\\'", '\\"', ";", "é")
    const texts = fc.sample(
      fc.array(piece, { maxLength: 10 }).map((each) => each.join("")),
      150,
    )
    const understood = texts.flatMap((text) => {
      const commands = parseCommands(`p ${text}`)
      const [first] = commands ?? []
      return commands?.length === 1 && first ? [{ text, values: first.words.slice(1).map((word) => word.value) }] : []
    })
    const script = `p() { for x in "$@"; do printf '%s\\037' "$x"; done; printf '\\036'; }\n${understood.map(({ text }) => `p ${text}\n`).join("")}`
    const output = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" })
    const seen = output
      .split("\x1e")
      .slice(0, -1)
      .map((each) => each.split("\x1f").slice(0, -1))
    expect(seen).toEqual(understood.map(({ values }) => values))
  })
})

describe.skipIf(!existsSync("/bin/bash"))("every program that a real shell runs", () => {
  let directory: string
  let runs = 0
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "kilo-scope-"))
    for (const name of ["p1", "p2", "p3"]) {
      writeFileSync(join(directory, name), `#!/bin/sh\necho ${name} >> "$RAN"\necho p3\n`)
      chmodSync(join(directory, name), 0o755)
    }
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  /** Programs that bash ran for this text. */
  function ran(text: string): string[] {
    // A background job may outlive its shell and write later: each run has a log of its own.
    runs += 1
    const log = join(directory, `ran-${runs}.log`)
    mkdirSync(join(directory, "cwd"), { recursive: true })
    spawnSync("/bin/bash", ["-c", text], {
      cwd: join(directory, "cwd"),
      env: { PATH: directory, RAN: log },
      timeout: 5000,
      stdio: "ignore",
    })
    return existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : []
  }

  it("is among the patterns, whatever quoting and nesting hide it", () => {
    const dollar = "$"
    const { list } = fc.letrec<{ list: string; command: string; word: string; inner: string }>((tie) => ({
      list: fc
        .tuple(tie("command"), fc.constantFrom(";", " && ", " || ", " | ", "\n", " & ", " |& "), tie("command"))
        .chain(([first, separator, second]) => fc.constantFrom(first, first + separator + second)),
      command: fc.oneof(
        { maxDepth: 4, depthSize: "small" },
        fc
          .tuple(fc.constantFrom("p1", "p2", "p3", "'p1'", "p\\2", '"p3"', "x=1 p1"), tie("word"))
          .map((each) => each.join(" ")),
        tie("list").map((inner) => `(${inner})`),
        tie("list").map((inner) => `{ ${inner}; }`),
        tie("list").map((inner) => `! ${inner}`),
        fc.tuple(tie("list"), tie("list")).map(([test, body]) => `if ${test}; then ${body}\nelse p2; fi`),
        fc.tuple(tie("word"), tie("list")).map(([word, body]) => `for i in ${word}; do ${body}; done`),
        fc.tuple(fc.constantFrom("E", "'E'", "-E"), tie("word")).map(([end, word]) => `p1 <<${end}\n${word}\nE\n`),
        tie("word").map((word) => `[[ -n ${word} ]]`),
      ),
      word: fc.oneof(
        { maxDepth: 4, depthSize: "small" },
        fc.constantFrom(
          "a",
          "''",
          "a#b",
          "# c",
          "2>&1",
          ">f",
          "\\;",
          "'; p1'",
          '"; p2"',
          `${dollar}'\\''`,
          "*",
          "{a,b}",
        ),
        tie("inner"),
        tie("inner").map((inner) => `"x ${inner} ' y"`),
        tie("inner").map((inner) => `'${inner.replaceAll("'", "")}'`),
        tie("word").map((word) => `${dollar}{x:-${word}}`),
        tie("word").map((word) => `"${dollar}{x:-${word}}"`),
      ),
      inner: fc.oneof(
        tie("list").map((inner) => `$(${inner})`),
        tie("list").map((inner) => `\`${inner.replaceAll("`", "")}\``),
        tie("list").map((inner) => `<(${inner})`),
      ),
    }))
    const piece = fc.constantFrom(
      "'",
      '"',
      "\\",
      "#",
      "$(",
      ")",
      "`",
      "(",
      " ",
      "\n",
      ";",
      "|",
      "&",
      "{",
      "}",
      "<<E",
      ">",
      "p1",
    )
    const slips = fc.array(fc.tuple(fc.nat(), piece), { maxLength: 2 })
    let compared = 0
    fc.assert(
      fc.property(list, slips, (source, changes) => {
        let text = source
        for (const [place, change] of changes) {
          const at = place % (text.length + 1)
          text = text.slice(0, at) + change + text.slice(at)
        }
        const commands = text.length < 2000 ? parseCommands(text) : undefined
        if (!commands) return
        const named = commands.map((command) => command.words[0]?.value)
        // A first word that is only known at run time may turn out as any program: rules see it as written.
        if (commands.some((command) => command.words[0] && command.words[0].value === undefined)) return
        compared += 1
        for (const program of ran(text)) expect(named).toContain(program)
      }),
      { numRuns: 300 },
    )
    expect(compared).toBeGreaterThan(50)
  })

  it.each([
    `echo "$" "\${x:-'$(p1)'}"`,
    `echo \${x:-'$(p2)'} \${x:-"$(p1)"}`,
    "cat <<E\n$" + "{x:-'$(p1)'} `p2`\nE\np3",
    "x=$(p1) y=`p2` p3",
    "if p1; then p2; fi | p3",
    "[[ $(p1) && p2 ]] || p3",
    "! { p1; } 2>&1 | (p2)",
    "echo a#b $(p1) # $(p2)",
  ])("is found in %s", (text) => {
    const named = parseCommands(text)?.map((command) => command.words[0]?.value)
    expect(named).toBeDefined()
    for (const program of ran(text)) expect(named).toContain(program)
  })
})

describe("what always would allow", () => {
  it("generalises by program, and by sub-command where there are some", () => {
    expect(always("echo hi && ls -l")).toEqual(["echo *", "ls *"])
    expect(always("git commit -m 'x y'")).toEqual(["git commit *"])
    expect(always("npm run test -- --watch")).toEqual(["npm run *"])
    expect(always("printf two")).toEqual(["printf *"])
    expect(always("git")).toEqual(["git *"])
  })

  it("offers only the exact text where more would allow anything, and nothing where that text is a wildcard", () => {
    expect(always("sudo ls")).toEqual(["sudo ls", "ls *"])
    expect(always("bash build.sh")).toEqual(["bash build.sh"])
    expect(always("python -c 'print(1)'")).toEqual(["python -c 'print(1)'"])
    expect(always("git -C x push")).toEqual(["git -C x push"])
    expect(always("find . -delete")).toEqual(["find . -delete"])
    expect(always("/bin/r? x")).toEqual([])
    expect(always("$CMD x")).toEqual(["$CMD x"])
    expect(always("bash *")).toEqual([])
    expect(always("case x in *) ls;; esac")).toEqual([])
    expect(always("A=1 make all")).toEqual(["A=1 make all", "make all *"])
  })
})

describe("paths", () => {
  it("names what file commands and redirections touch, wherever they stand", () => {
    expect(paths('cat a.txt ../b /etc/passwd ~/c "$HOME/d" $X/e')).toEqual([
      "/w/a.txt",
      "/b",
      "/etc/passwd",
      "/home/u/c",
      "/home/u/d",
    ])
    expect(paths("make > /tmp/log 2>&1 < /dev/null")).toEqual(["/tmp/log"])
    expect(paths("rm -rf /etc/*.d/x build/*")).toEqual(["/etc", "/w/build"])
    expect(paths('cat /proc/$PPID/environ "/etc/$x" ~/.ssh/{a,b} $HOME/x/$y sub/$z')).toEqual([
      "/proc",
      "/etc",
      "/home/u/.ssh",
      "/home/u/x",
      "/w/sub",
    ])
    expect(paths("echo $(cat /etc/shadow)")).toEqual(["/etc/shadow"])
    expect(paths("cp --target-directory=/etc a")).toEqual(["/w/a", "/etc"])
    expect(paths("echo /etc/passwd")).toEqual([])
  })

  it("follows cd", () => {
    expect(paths("cd .. && cat x")).toEqual(["/", "/x"])
    expect(paths("cd sub && cat ../a ../../b")).toEqual(["/w/sub", "/w/a", "/b"])
  })
})
