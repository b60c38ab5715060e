import type { ModelRequest, Reply, Turn } from "@kilo-split/testkit"
import { SMALL } from "./stage.ts"

export const TESTS = "node test.js"
export const PLAN = ".kilo/plans/negation.md"

const call = (tool: string, args: Record<string, unknown>) => ({ tool, args })

const CHECK = `  // A set that begins with "!" is everything else
  assertMatch("[!a]b", "cb", { extended: true, globstar: globstar });
  assertNotMatch("[!a]b", "ab", { extended: true, globstar: globstar });

  // Match everything`

const SET = '    case "]":\n      if (extended) {\n        reStr += c;'
const FIX = `${SET}
        if (c === "[" && str[i + 1] === "!") {
          reStr += "^";
          i++;
        }`

/** Planning: looks around with everything that reads, asks, has a sub-agent look, writes the plan. */
export function planning(page: string): Reply[] {
  return [
    [
      call("list", {}),
      call("glob", { pattern: "**/*.js" }),
      call("grep", { pattern: 'case "!"', include: "*.js" }),
      call("read", { filePath: "index.js" }),
    ],
    [call("read", { filePath: "test.js" }), call("lsp", { operation: "documentSymbol", filePath: "test.js" })],
    [call("webfetch", { url: page }), call("websearch", { query: "negated set in a glob" })],
    [
      call("question", {
        questions: [
          {
            question: "What does ! mean in a set?",
            header: "Sets",
            options: [{ label: "Not" }, { label: "Itself" }],
          },
        ],
      }),
    ],
    [
      call("task", {
        description: "Find sets",
        prompt: "Where does index.js handle sets?",
        subagent_type: "explore",
      }),
    ],
    // The sub-agent's two steps.
    [call("grep", { pattern: "^ +case", path: "index.js" })],
    [{ text: "index.js:55; a leading ! is taken literally." }],
    [call("write", { filePath: PLAN, content: "# Negated sets\n\n1. A failing test\n2. The fix\n" })],
    [call("plan_exit", { plan: PLAN })],
  ]
}

/** Carrying it out, by the code agent: test first, the fix, and what belongs to it. */
export function carryingOut(): Reply[] {
  const todo = (status: string) =>
    call("todowrite", { todos: ["Test", "Fix", "Notes"].map((content) => ({ content, status, priority: "high" })) })
  return [
    [todo("pending"), call("skill", { name: "release" })],
    [call("bash", { command: TESTS })],
    [call("edit", { filePath: "test.js", oldString: "  // Match everything", newString: CHECK })],
    [call("bash", { command: TESTS })],
    [call("edit", { filePath: "index.js", oldString: SET, newString: FIX })],
    [call("bash", { command: TESTS })],
    [
      call("multiedit", {
        filePath: "index.js",
        edits: [
          { oldString: "Lastely", newString: "Lastly" },
          { oldString: "equivelant", newString: "equivalent" },
        ],
      }),
    ],
    [call("bash", { command: "rm README.md" })],
    [call("write", { filePath: "CHANGELOG.md", content: "# 0.4.2\n\nNegated sets.\n" })],
    [call("all_echo", { message: "through the server" }), call("todoread", {})],
    [todo("completed")],
    [{ text: "Negated sets work." }],
  ]
}

const PATCH = `*** Begin Patch
*** Update File: package.json
@@
-  "version": "0.4.1",
+  "version": "0.4.2",
*** Add File: AUTHORS
+Nick Fitzgerald
*** End Patch`

/** The release, by a model that prefers patches. */
export const releasing: Reply[] = [[call("apply_patch", { patchText: PATCH })], [{ text: "Released." }]]

/** By a model with little room: it refuses what it can't hold, writes a summary when asked, and goes on from that. */
export function finishing(): Reply[] {
  return Array.from({ length: 4 }, () => honest)
}

function honest(request: ModelRequest): Turn {
  const input = Math.ceil(JSON.stringify(request.body.messages).length / 4)
  if (request.user.includes("<transcript>")) return [{ text: "## State\nNegated sets work, 0.4.2 is ready." }]
  if (input > SMALL.context) {
    const message = "This model's maximum context length is exceeded"
    return [{ error: { status: 400, message, code: "context_length_exceeded" } }]
  }
  const done = request.results.some((result) => result.includes("Ok!"))
  return [done ? { text: "All tests pass." } : call("bash", { command: TESTS }), { usage: { input, cacheRead: 0 } }]
}
