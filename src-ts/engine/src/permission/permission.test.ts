import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { Bus, type BusEvent } from "../bus/index.ts"
import { PermissionNotFoundError } from "../error.ts"
import { Database } from "../storage/index.ts"
import { decide } from "./decide.ts"
import {
  createPermissions,
  evaluate,
  forbiddenTools,
  markSource,
  matches,
  type PermissionAskInput,
  rulesOf,
} from "./index.ts"

const PROJECT = "p1"
let db: Database
let bus: Bus
let events: BusEvent[]

beforeEach(() => {
  db = new Database(":memory:")
  db.run("insert into project (id, worktree, time_created, time_updated) values (?, '/w', 1, 1)", PROJECT)
  bus = new Bus()
  events = []
  bus.subscribe((event) => events.push(event))
})
afterEach(() => db.close())

const service = () => createPermissions({ bus, db, scope: { directory: "/w", project: PROJECT }, projectID: PROJECT })

function bash(patterns: string[], more: Partial<PermissionAskInput> = {}): PermissionAskInput {
  return {
    sessionID: "ses_1",
    permission: "bash",
    patterns,
    always: patterns.map((p) => `${p.split(" ")[0]} *`),
    metadata: { command: patterns.join(" && ") },
    tool: { messageID: "msg_1", callID: "call_1" },
    rules: rulesOf({ "*": "allow", bash: "ask" }),
    abort: new AbortController().signal,
    ...more,
  }
}

describe("wildcards", () => {
  it("matches stars across slashes, single characters, and commands without arguments", () => {
    expect(matches("src/*", "src/a/b.ts")).toBe(true)
    expect(matches("**/*.ts", "src/a/b.ts")).toBe(true)
    expect(matches("a?c", "abc")).toBe(true)
    expect(matches("a?c", "ac")).toBe(false)
    expect(matches("git *", "git")).toBe(true)
    expect(matches("git *", "github x")).toBe(false)
    expect(matches("*.env", "a/.env")).toBe(true)
  })

  it("agrees with a regular expression on wild input", () => {
    const alphabet = fc.constantFrom("a", "b", "*", "?", "/", ".", " ")
    const text = fc.array(fc.constantFrom("a", "b", "/", ".", " "), { maxLength: 12 }).map((c) => c.join(""))
    fc.assert(
      fc.property(
        fc.array(alphabet, { maxLength: 8 }).map((c) => c.join("")),
        text,
        (pattern, subject) => {
          const source = pattern.replace(/[.*?/ ]/g, (c) =>
            c === "*" ? ".*" : c === "?" ? "." : `\\${c === " " ? "x20" : c}`,
          )
          const plain = new RegExp(`^${source}$`, "s").test(subject)
          const short =
            pattern.endsWith(" *") && new RegExp(`^${source.slice(0, -"\\x20.*".length)}$`, "s").test(subject)
          expect(matches(pattern, subject)).toBe(plain || short)
        },
      ),
    )
  })

  it("answers quickly for patterns that make regular expressions hang", () => {
    expect(matches(`${"*a".repeat(50)}b`, "a".repeat(5000))).toBe(false)
  })
})

describe("rules", () => {
  it("lets the last match win, across and inside rulesets", () => {
    const weak = rulesOf({ bash: { "*": "ask", "git *": "allow", "git push *": "deny" } })
    expect(evaluate("bash", "git status", weak).action).toBe("allow")
    expect(evaluate("bash", "git push", weak).action).toBe("deny")
    expect(evaluate("bash", "git push", weak, rulesOf({ bash: "allow" })).action).toBe("allow")
    expect(evaluate("webfetch", "x", weak)).toEqual({ permission: "webfetch", pattern: "*", action: "ask" })
  })

  it("reads the short forms of the configuration", () => {
    expect(rulesOf("ask")).toEqual([{ permission: "*", pattern: "*", action: "ask" }])
    expect(rulesOf(undefined)).toEqual([])
    expect(rulesOf({ read: { "~/x": "deny" } }, "/home/u")).toEqual([
      { permission: "read", pattern: "/home/u/x", action: "deny" },
    ])
  })

  it("names the tools that can never be used", () => {
    const rules = rulesOf({ "*": "allow", edit: { "*": "deny", "plans/*": "allow" }, bash: "deny" })
    expect([...forbiddenTools(["read", "edit", "write", "bash"], rules)]).toEqual(["bash"])
    expect([...forbiddenTools(["edit", "write"], rulesOf({ edit: "deny" }))]).toEqual(["edit", "write"])
  })
})

describe("asking", () => {
  it("publishes the request with the keys in their order on the wire and resolves on once", async () => {
    const permissions = service()
    const answer = permissions.ask(bash(["echo hi", "ls"]))
    const asked = events[0]
    expect(asked?.type).toBe("permission.asked")
    expect(Object.keys(asked?.properties ?? {})).toEqual([
      "id",
      "sessionID",
      "permission",
      "patterns",
      "metadata",
      "always",
      "tool",
    ])
    const request = permissions.list()[0]
    await permissions.reply(request?.id ?? "", { reply: "once" })
    expect(await answer).toEqual({ source: "manual" })
    expect(events[1]?.properties).toEqual({ sessionID: "ses_1", requestID: request?.id, reply: "once" })
    expect(Object.keys(events[1]?.properties ?? {})).toEqual(["sessionID", "requestID", "reply"])
    expect(permissions.list()).toEqual([])
    expect(permissions.saved()).toEqual([])
  })

  it("says whose rule allowed a call that nobody was asked about", async () => {
    const permissions = service()
    const agent = await permissions.ask(bash(["ls"], { rules: rulesOf("allow") }))
    expect(agent).toEqual({ source: "agent", rule: { permission: "*", pattern: "*", action: "allow" } })
    const rules = [...rulesOf("ask"), ...markSource(rulesOf({ bash: "allow" }), "global")]
    expect((await permissions.ask(bash(["ls"], { rules }))).source).toBe("global")
    expect(events).toEqual([])
  })

  it("remembers always for the project and answers the other open asks that it covers", async () => {
    const permissions = service()
    const first = permissions.ask(bash(["git log"]))
    const second = permissions.ask(bash(["git status"], { sessionID: "ses_2" }))
    const third = permissions.ask(bash(["npm test"], { sessionID: "ses_2" }))
    const [one, , three] = permissions.list()
    await permissions.reply(one?.id ?? "", { reply: "always" })
    expect((await first).source).toBe("manual")
    expect((await second).source).toBe("saved")
    expect(permissions.list()).toEqual([three])
    expect(permissions.saved()).toEqual([{ permission: "bash", pattern: "git *", action: "allow" }])
    expect((await service().ask(bash(["git diff"]))).source).toBe("saved")
    await permissions.reply(three?.id ?? "", { reply: "once" })
    await third
  })

  it("never lets a saved approval beat a deny, and names the rule", async () => {
    const permissions = service()
    const first = permissions.ask(bash(["git log"]))
    await permissions.reply(permissions.list()[0]?.id ?? "", { reply: "always" })
    await first
    const rules = rulesOf({ bash: { "*": "ask", "git push *": "deny" } })
    await expect(permissions.ask(bash(["git log", "git push origin"], { rules }))).rejects.toThrow(
      /denied by the permission rule bash "git push \*": deny/,
    )
  })

  it("rejects the session's other open asks together with the one, and hands on the feedback", async () => {
    const permissions = service()
    const first = permissions.ask(bash(["rm a"]))
    const second = permissions.ask(bash(["rm b"]))
    const other = permissions.ask(bash(["ls"], { sessionID: "ses_2" }))
    const settled = Promise.allSettled([first, second])
    await permissions.reply(permissions.list()[0]?.id ?? "", { reply: "reject", message: "use trash" })
    for (const result of await settled) {
      expect(result).toMatchObject({
        status: "rejected",
        reason: { name: "PermissionRejectedError", feedback: "use trash" },
      })
    }
    expect(permissions.list().map((request) => request.sessionID)).toEqual(["ses_2"])
    const otherSettled = Promise.allSettled([other])
    permissions.cancelSession("ses_2")
    expect((await otherSettled)[0]).toMatchObject({ status: "rejected", reason: { feedback: undefined } })
  })

  it("remembers patterns beside an open request, which stays open; a denied one is refused from then on", async () => {
    const permissions = service()
    const first = permissions.ask(bash(["git log", "npm test"]))
    const id = permissions.list()[0]?.id ?? ""
    await permissions.saveRules(id, { allow: ["git *", " "], deny: ["rm *"] })
    expect(permissions.list()).toHaveLength(1)
    expect(permissions.saved()).toEqual([
      { permission: "bash", pattern: "git *", action: "allow" },
      { permission: "bash", pattern: "rm *", action: "deny" },
    ])
    await permissions.reply(id, { reply: "once" })
    await first
    expect((await permissions.ask(bash(["git diff"]))).source).toBe("saved")
    await expect(permissions.ask(bash(["rm -rf x"], { rules: rulesOf("allow") }))).rejects.toThrow(/bash "rm \*": deny/)
    await expect(permissions.saveRules("per_x", { allow: [], deny: [] })).rejects.toThrow(PermissionNotFoundError)
  })

  it("lets the newest of two saved rules win", async () => {
    const permissions = service()
    const answer = permissions.ask(bash(["git log"]))
    const id = permissions.list()[0]?.id ?? ""
    await permissions.saveRules(id, { allow: [], deny: ["git *"] })
    await permissions.saveRules(id, { allow: ["git *"], deny: [] })
    await permissions.reply(id, { reply: "once" })
    await answer
    expect(permissions.saved()).toEqual([{ permission: "bash", pattern: "git *", action: "allow" }])
  })

  it("allows everything that would be asked in a session and its sub-agents, never what is denied", async () => {
    const permissions = createPermissions({
      bus,
      db,
      scope: { directory: "/w", project: PROJECT },
      projectID: PROJECT,
      rootOf: (id) => (id === "ses_child" ? "ses_1" : id),
    })
    const first = permissions.ask(bash(["rm a"], { sessionID: "ses_child" }))
    const other = permissions.ask(bash(["rm b"], { sessionID: "ses_2" }))
    await permissions.allowEverything({ enable: true, sessionID: "ses_1" })
    expect((await first).source).toBe("session")
    expect(permissions.list().map((each) => each.sessionID)).toEqual(["ses_2"])
    expect((await permissions.ask(bash(["ls"]))).source).toBe("session")
    await expect(permissions.ask(bash(["ls"], { rules: rulesOf({ bash: "deny" }) }))).rejects.toThrow(/denied/)
    await permissions.allowEverything({ enable: false, sessionID: "ses_1" })
    const again = permissions.ask(bash(["ls"]))
    expect(permissions.list()).toHaveLength(2)
    const id = permissions.list()[0]?.id ?? ""
    await permissions.allowEverything({ enable: true, sessionID: "ses_9", requestID: id })
    expect((await other).source).toBe("manual")
    await permissions.allowEverything({ enable: true })
    expect((await again).source).toBe("saved")
    expect((await service().ask(bash(["ls"]))).source).toBe("saved")
    await permissions.allowEverything({ enable: false })
    expect(permissions.saved()).toEqual([])
    await expect(permissions.allowEverything({ enable: true, requestID: "per_x" })).rejects.toThrow(
      PermissionNotFoundError,
    )
  })

  it("decides like the rules read from the end, for any rules and patterns", () => {
    const action = fc.constantFrom("allow", "deny", "ask")
    const rule = fc.record({
      permission: fc.constantFrom("bash", "*", "edit"),
      pattern: fc.constantFrom("*", "git *", "git push *", "ls"),
      action,
    })
    const patterns = fc.array(fc.constantFrom("git log", "git push", "ls", "rm"), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(fc.array(rule), fc.array(rule), patterns, fc.boolean(), (rules, saved, wanted, everything) => {
        const last = (list: typeof rules, pattern: string) =>
          list.findLast((each) => matches(each.permission, "bash") && matches(each.pattern, pattern))?.action ?? "ask"
        const input = { permission: "bash", patterns: wanted, rules, saved, everything }
        const denied = wanted.some((each) => last(rules, each) === "deny" || last(saved, each) === "deny")
        if (denied) {
          expect(() => decide(input)).toThrow(/denied/)
          return
        }
        const allowed = wanted.every(
          (each) => everything || last(rules, each) === "allow" || last(saved, each) === "allow",
        )
        expect(decide(input) !== undefined).toBe(allowed)
      }),
    )
  })

  it("closes an open ask when its turn is aborted", async () => {
    const permissions = service()
    const controller = new AbortController()
    const settled = Promise.allSettled([permissions.ask(bash(["ls"], { abort: controller.signal }))])
    controller.abort(new Error("stop"))
    expect((await settled)[0]).toMatchObject({ status: "rejected", reason: { message: "stop" } })
    expect(events.at(-1)).toMatchObject({ type: "permission.replied", properties: { reply: "reject" } })
    expect(permissions.list()).toEqual([])
  })

  it("refuses a reply to a request that is not open", async () => {
    await expect(service().reply("per_x", { reply: "once" })).rejects.toThrow(PermissionNotFoundError)
  })
})
