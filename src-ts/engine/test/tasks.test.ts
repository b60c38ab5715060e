import { describe, expect, test } from "vitest"
import { partsOf, world } from "./harness.ts"

const task = (input: Record<string, unknown>, id = "call_1") => ({
  tool: "task",
  id,
  args: { description: "Sub work", prompt: "Do it", subagent_type: "general", ...input },
})

describe("sub-agents", () => {
  test("work in a visible child session and report back, their price on the message that started them", async () => {
    await using w = await world()
    const session = await w.session()
    w.model.reply([task({})], [{ text: "Report." }], [{ text: "Done." }])
    const messages = await w.ask(session, "go")
    const [child] = w.engine.sessions.children(session.id)
    expect(child).toMatchObject({ parentID: session.id, agent: "general", title: "Sub work (@general subagent)" })
    const [part] = partsOf(messages, "tool")
    expect(part?.state).toMatchObject({
      status: "completed",
      title: "Sub work",
      output: `<task id="${child?.id}" state="completed">\n<task_result>\nReport.\n</task_result>\n</task>`,
      metadata: {
        parentSessionId: session.id,
        sessionId: child?.id,
        model: { providerID: "fake", modelID: "m1" },
        truncated: false,
      },
    })
    const [, first, second] = messages.map((message) => message.info)
    const cost = child?.cost ?? 0
    expect(cost).toBeGreaterThan(0)
    expect(first).toMatchObject({ cost: Number((cost * 2).toFixed(10)) })
    expect(second).toMatchObject({ cost })
    expect(w.engine.sessions.get(session.id).cost).toBe(Number((cost * 2).toFixed(10)))
    expect(w.log.of("session.turn.close").map(({ parentID }) => parentID)).toEqual([session.id, undefined])
  })

  test("run at the same time when one step calls several", async () => {
    await using w = await world()
    const session = await w.session()
    const hold = Promise.withResolvers<void>()
    let open = 0
    const both = async (text: string) => {
      open += 1
      if (open === 2) hold.resolve()
      await hold.promise
      return [{ text }]
    }
    w.model.reply(
      [task({ prompt: "one" }, "call_1"), task({ prompt: "two" }, "call_2")],
      () => both("A"),
      () => both("B"),
      [{ text: "Both." }],
    )
    const messages = await w.ask(session, "go")
    expect(partsOf(messages, "tool").map(({ state }) => state.status)).toEqual(["completed", "completed"])
    expect(w.engine.sessions.children(session.id)).toHaveLength(2)
  })

  test("can be gone on with by their id, and by nobody else's", async () => {
    await using w = await world()
    const session = await w.session()
    const other = await w.session()
    w.model.reply([task({})], [{ text: "First." }], [{ text: "ok" }])
    await w.ask(session, "go")
    const id = w.engine.sessions.children(session.id)[0]?.id
    w.model.reply([task({ task_id: id, prompt: "And now?" })], [{ text: "Second." }], [{ text: "ok" }])
    const messages = await w.ask(session, "again")
    expect(w.engine.sessions.children(session.id)).toHaveLength(1)
    expect(partsOf(messages, "tool")[1]?.state).toMatchObject({ output: expect.stringContaining("Second.") })
    expect(JSON.stringify(w.model.requests.at(-2)?.body)).toContain("First.")
    w.model.reply([task({ task_id: id })], [{ text: "ok" }])
    expect(partsOf(await w.ask(other, "steal"), "tool")[0]?.state).toMatchObject({
      status: "error",
      error: expect.stringContaining("is no task of this session"),
    })
  })

  test("ask for permission under their own session, beside the parent's call that names it", async () => {
    await using w = await world({ config: { permission: { bash: "ask" } } })
    const session = await w.session()
    w.model.reply([task({})], [{ tool: "bash", args: { command: "echo hi" } }], [{ text: "Ran." }], [{ text: "ok" }])
    const done = w.ask(session, "go")
    const asked = await w.log.wait("permission.asked")
    const [child] = w.engine.sessions.children(session.id)
    expect(asked.sessionID).toBe(child?.id)
    expect(w.instance.permissions.list()).toHaveLength(1)
    const running = partsOf(w.engine.sessions.messages(session.id).items, "tool")[0]?.state
    expect(running).toMatchObject({ status: "running", metadata: { sessionId: child?.id } })
    await w.instance.permissions.reply(asked.id, { reply: "once" })
    expect(partsOf(await done, "tool")[0]?.state).toMatchObject({ output: expect.stringContaining("Ran.") })
  })

  test("end with the parent's turn", async () => {
    await using w = await world()
    const session = await w.session()
    w.model.reply([task({})], [{ text: "Wor" }, { hang: true }])
    const done = w.ask(session, "go")
    const { id } = (await w.log.wait("session.created", ({ info }) => info.parentID === session.id)).info
    await w.log.wait("message.part.delta", ({ sessionID }) => sessionID === id)
    await w.instance.sessions.abort(session.id)
    expect(partsOf(await done, "tool")[0]?.state).toMatchObject({ status: "error", error: "Tool execution aborted" })
    await w.log.wait("session.turn.close", ({ sessionID }) => sessionID === id)
    expect(w.instance.sessions.statuses()).toEqual({})
    const last = w.engine.sessions.messages(id).items.at(-1)?.info
    expect(last).toMatchObject({ error: { name: "MessageAbortedError" }, time: { completed: expect.any(Number) } })
  })

  test("that are stopped alone say so, and the parent goes on", async () => {
    await using w = await world()
    const session = await w.session()
    w.model.reply([task({})], [{ text: "Half a wor" }, { hang: true }], [{ text: "Then without." }])
    const done = w.ask(session, "go")
    const { id } = (await w.log.wait("session.created", ({ info }) => info.parentID === session.id)).info
    await w.log.wait("message.part.delta", ({ sessionID }) => sessionID === id)
    await w.instance.sessions.abort(id)
    const messages = await done
    expect(partsOf(messages, "tool")[0]?.state).toMatchObject({
      status: "completed",
      output: expect.stringMatching(/state="interrupted">[\s\S]*Half[\s\S]*user stopped/),
    })
    expect(partsOf(messages, "text").at(-1)?.text).toBe("Then without.")
  })

  test("that fail give the reason and the way to try on", async () => {
    await using w = await world()
    const session = await w.session()
    w.model.reply([task({})], [{ error: { status: 401, message: "No such key" } }], [{ text: "I see." }])
    const [part] = partsOf(await w.ask(session, "go"), "tool")
    const [child] = w.engine.sessions.children(session.id)
    expect(part?.state).toMatchObject({
      status: "error",
      error: expect.stringMatching(new RegExp(`No such key.*${child?.id}.*task_id`)),
    })
  })

  test("are offered as the rules allow, and refused by name otherwise", async () => {
    await using w = await world({
      config: {
        agent: {
          reviewer: { description: "Reviews diffs", mode: "subagent" },
          hush: { hidden: true, mode: "subagent" },
        },
        permission: { task: { "*": "allow", general: "deny" } },
      },
    })
    const session = await w.session()
    w.model.reply([task({})], [task({ subagent_type: "hush" })], [task({ subagent_type: "code" })], [{ text: "ok" }])
    const messages = await w.ask(session, "go")
    const offered = JSON.stringify(w.model.requests[0]?.body)
    expect(offered).toContain("- explore: Searches")
    expect(offered).toContain("- reviewer: Reviews diffs")
    expect(offered).not.toContain("- general:")
    expect(offered).not.toContain("- hush:")
    const errors = partsOf(messages, "tool").map(({ state }) => (state.status === "error" ? state.error : ""))
    expect(errors[0]).toContain('permission rule task "general": deny')
    expect(errors[1]).toContain('There is no sub-agent "hush". Available: explore, reviewer.')
    expect(errors[2]).toContain('There is no sub-agent "code"')
    expect(w.engine.sessions.children(session.id)).toEqual([])
  })

  test("don't start further ones unless the configuration says how deep", async () => {
    await using w = await world()
    const session = await w.session()
    w.model.reply([task({})], [task({})], [{ text: "Alone." }], [{ text: "ok" }])
    await w.ask(session, "go")
    const [child] = w.engine.sessions.children(session.id)
    const [inner] = partsOf(w.engine.sessions.messages(child?.id ?? "").items, "tool")
    expect(inner?.state).toMatchObject({ status: "error", error: expect.stringContaining("unavailable tool 'task'") })

    await using deep = await world({ config: { subagent_depth: 2 } })
    const top = await deep.session()
    deep.model.reply([task({})], [task({})], [task({})], [{ text: "3" }], [{ text: "2" }], [{ text: "1" }])
    await deep.ask(top, "go")
    const [second] = deep.engine.sessions.children(top.id)
    const [third] = deep.engine.sessions.children(second?.id ?? "")
    expect(deep.engine.sessions.children(third?.id ?? "")).toEqual([])
    expect(partsOf(deep.engine.sessions.messages(third?.id ?? "").items, "tool")[0]?.state).toMatchObject({
      status: "error",
    })
  })

  test("are no way around what the parent may not do", async () => {
    await using w = await world()
    const session = await w.instance.sessions.create({
      title: "T",
      agent: "plan",
      permission: [
        { permission: "*", pattern: "*", action: "allow" },
        { permission: "read", pattern: "secret/*", action: "deny" },
      ],
    })
    const write = { tool: "write", args: { filePath: "b.txt", content: "x" } }
    w.model.reply([task({ subagent_type: "explore" })], [write], [{ text: "no" }], [{ text: "ok" }])
    await w.ask(session, "go")
    const [child] = w.engine.sessions.children(session.id)
    expect(child?.permission).toContainEqual({ permission: "edit", pattern: "*", action: "deny" })
    expect(child?.permission).toContainEqual({ permission: "read", pattern: "secret/*", action: "deny" })
    const [call] = partsOf(w.engine.sessions.messages(child?.id ?? "").items, "tool")
    expect(call?.state.status).toBe("error")
  })

  test("use the configured model for sub-agents when their agent has none", async () => {
    await using w = await world({
      config: { subagent_model: "fake/m2", agent: { own: { mode: "subagent", model: "fake/m1" } } },
    })
    const session = await w.session()
    w.model.reply([task({})], [{ text: "a" }], [task({ subagent_type: "own" })], [{ text: "b" }], [{ text: "c" }])
    const messages = await w.ask(session, "go")
    const models = partsOf(messages, "tool").map(({ state }) =>
      state.status === "completed" ? state.metadata.model : undefined,
    )
    expect(models).toEqual([
      { providerID: "fake", modelID: "m2" },
      { providerID: "fake", modelID: "m1" },
    ])
  })
})

test("a prompt's own sub-task runs without asking the model of the parent", async () => {
  await using w = await world()
  const session = await w.session()
  w.model.reply([{ text: "Found it." }])
  const answer = await w.instance.sessions.prompt(session.id, {
    parts: [{ type: "subtask", prompt: "Find it", description: "Find", agent: "explore" }],
  })
  expect(w.model.requests).toHaveLength(1)
  const [part] = partsOf([answer], "tool")
  expect(part).toMatchObject({
    tool: "task",
    callID: expect.stringMatching(/^[0-9A-Z]{26}$/),
    state: { status: "completed" },
  })
  expect(partsOf([answer], "text")).toMatchObject([{ text: "Found it.", ignored: true }])
  expect(answer.info).toMatchObject({ role: "assistant", finish: "stop", time: { completed: expect.any(Number) } })
  const states = w.log
    .of("message.part.updated")
    .flatMap(({ part }) => (part.type === "tool" ? [part.state.status] : []))
  expect(states).toEqual(["running", "running", "completed"])
  expect(w.log.of("session.turn.close").map(({ reason }) => reason)).toEqual(["completed", "completed"])
})

describe("a finished plan", () => {
  const planned = [
    [{ tool: "write", args: { filePath: ".kilo/plans/p1.md", content: "# Login\n\n1. Do it\n" } }],
    [{ tool: "plan_exit", args: { plan: ".kilo/plans/p1.md" } }],
  ]

  test("is carried out here by the code agent when the user says so", async () => {
    await using w = await world()
    const session = await w.session()
    w.model.reply(...planned, [{ text: "Done as planned." }])
    const done = w.instance.sessions.prompt(session.id, { agent: "plan", parts: [{ type: "text", text: "plan it" }] })
    const asked = await w.log.wait("question.asked")
    expect(asked).toMatchObject({ sessionID: session.id, blocking: true })
    expect(asked.questions[0]).toMatchObject({
      question: "Ready to implement?",
      options: [{ label: "Start new session" }, { label: "Continue here", mode: "code" }],
    })
    expect(w.instance.sessions.statuses()[session.id]).toEqual({ type: "busy" })
    await w.instance.questions.reply(asked.id, [["Continue here"]])
    await done
    await w.log.wait("session.idle")
    const messages = w.engine.sessions.messages(session.id).items
    expect(messages.at(-1)?.info.agent).toBe("code")
    expect(partsOf(messages, "text").at(-1)?.text).toBe("Done as planned.")
    const exit = partsOf(messages, "tool")[1]
    expect(exit?.state).toMatchObject({
      output: "Plan is ready at .kilo/plans/p1.md. Ending planning turn.",
      metadata: { plan: ".kilo/plans/p1.md", truncated: false },
    })
  })

  test("starts a new session that knows the plan", async () => {
    await using w = await world()
    const session = await w.session()
    w.model.reply(...planned, [{ text: "Done elsewhere." }])
    const done = w.instance.sessions.prompt(session.id, { agent: "plan", parts: [{ type: "text", text: "plan it" }] })
    const asked = await w.log.wait("question.asked")
    await w.instance.questions.reply(asked.id, [["Start new session"]])
    await done
    const { info } = await w.log.wait("session.created", ({ info }) => info.id !== session.id)
    await w.log.wait("session.idle", ({ sessionID }) => sessionID === info.id)
    expect(info).toMatchObject({ title: "Implement: Login", agent: "code" })
    expect(JSON.stringify(w.model.requests.at(-1)?.body)).toContain("1. Do it")
  })

  test("goes on being planned with the user's own words, and rests when the question is closed or another prompt comes", async () => {
    await using w = await world()
    const session = await w.session()
    w.model.reply(...planned, [{ text: "Planned better." }])
    const done = w.instance.sessions.prompt(session.id, { agent: "plan", parts: [{ type: "text", text: "plan it" }] })
    const asked = await w.log.wait("question.asked")
    await w.instance.questions.reply(asked.id, [["Name the tests too"]])
    await done
    await w.log.wait("session.idle")
    expect(w.engine.sessions.messages(session.id).items.at(-1)?.info.agent).toBe("plan")

    const second = await w.session()
    w.model.reply(...planned, [{ text: "Something else." }])
    const other = w.instance.sessions.prompt(second.id, { agent: "plan", parts: [{ type: "text", text: "plan it" }] })
    await w.log.wait("question.asked", ({ sessionID }) => sessionID === second.id)
    await w.instance.sessions.promptAsync(second.id, { agent: "code", parts: [{ type: "text", text: "never mind" }] })
    await other
    await w.log.wait("session.idle", ({ sessionID }) => sessionID === second.id)
    expect(w.instance.questions.list()).toEqual([])
    expect(partsOf(w.engine.sessions.messages(second.id).items, "text").at(-1)?.text).toBe("Something else.")
  })

  test("needs its file, and is nobody's business but the plan agent's", async () => {
    await using w = await world()
    const session = await w.session()
    w.model.reply([{ tool: "plan_exit", args: { plan: ".kilo/plans/none.md" } }], [{ text: "Oh." }])
    await w.instance.sessions.prompt(session.id, { agent: "plan", parts: [{ type: "text", text: "plan it" }] })
    const [part] = partsOf(w.engine.sessions.messages(session.id).items, "tool")
    expect(part?.state).toMatchObject({ status: "error", error: expect.stringContaining("Write the plan there first") })
    const code = await w.session()
    w.model.reply([{ tool: "plan_exit", args: { plan: "a.txt" } }], [{ text: "Oh." }])
    const [refused] = partsOf(await w.ask(code, "go"), "tool")
    expect(refused?.state).toMatchObject({ status: "error", error: expect.stringContaining("unavailable tool") })
  })
})
