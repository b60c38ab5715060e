import { describe, expect, test } from "vitest"
import { ofType, startBench, textOf, WIRES } from "./harness.ts"

describe.each(WIRES)("over %s", (_, providerID, wire) => {
  test("an answer in text arrives with its tokens and its price", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ text: "Hello from the model" }])
    const answer = await bench.prompt("hello")
    expect(textOf(answer)).toBe("Hello from the model")
    expect(answer.info).toMatchObject({ finish: "stop", providerID, modelID: "m1" })
    expect(answer.info.time.completed).toBeGreaterThan(0)
    expect(answer.info.error).toBeUndefined()
    // The figures of the wire: 100 tokens in, 30 of them cached; 20 out. Anthropic does not count its reasoning apart.
    const reasoning = wire === "anthropic" ? 0 : 5
    expect(answer.info.tokens).toMatchObject({
      input: 70,
      output: 20 - reasoning,
      reasoning,
      cache: { read: 30, write: 0 },
    })
    expect(answer.info.cost).toBeCloseTo((70 * 1 + 30 * 0.1 + 20 * 2) / 1e6, 12)
    expect(bench.fake.calls).toHaveLength(1)
    expect(bench.fake.calls[0]).toMatchObject({ wire, model: "m1", stream: true })
  })

  test("tokens written to the cache are counted apart", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([
      { text: "ok" },
      { usage: { input: 100, cacheRead: 30, cacheWrite: 50, output: 20, reasoning: 0 } },
    ])
    const { info } = await bench.prompt("hello")
    // Gemini's wire has no figure for it: there they stay among the input.
    const write = wire === "gemini" ? 0 : info.tokens.cache.write
    expect(info.tokens.input + info.tokens.cache.read + write).toBe(100)
    if (wire === "anthropic") expect(info.tokens.cache).toEqual({ read: 30, write: 50 })
  })

  test("reasoning becomes a part of its own before the text", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ reasoning: "Let me think hard." }, { text: "The answer is 42." }])
    const answer = await bench.prompt("think")
    const kinds = answer.parts.map((part) => part.type).filter((type) => type === "reasoning" || type === "text")
    expect(kinds).toEqual(["reasoning", "text"])
    const [reasoning] = ofType(answer.parts, "reasoning")
    expect(reasoning?.text).toBe("Let me think hard.")
    expect(reasoning?.time.end).toBeGreaterThanOrEqual(reasoning?.time.start ?? 0)
    expect(textOf(answer)).toBe("The answer is 42.")
  })

  test("tools called in parallel all run, and their results go back in order", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply(
      [
        { reasoning: "Two files." },
        { text: "I will read both." },
        { tool: "read", args: { filePath: "a.txt" }, id: "call_a" },
        { tool: "read", args: { filePath: "b.txt" }, id: "call_b" },
      ],
      [{ text: "They say alpha and beta." }],
    )
    const session = await bench.session()
    const last = await bench.prompt("read both", { session: session.id })
    expect(textOf(last)).toBe("They say alpha and beta.")
    const [first] = bench.answers(session.id)
    const tools = ofType(first?.parts ?? [], "tool")
    expect(tools.map((part) => part.state.status)).toEqual(["completed", "completed"])
    expect(tools.map((part) => part.state.input)).toEqual([{ filePath: "a.txt" }, { filePath: "b.txt" }])
    expect(first?.info.finish).toBe("tool-calls")
    const [, second] = bench.fake.calls
    expect(second?.round).toBe(1)
    expect(second?.results).toHaveLength(2)
    expect(second?.results[0]).toContain("alpha")
    expect(second?.results[1]).toContain("beta")
  })

  test("the request offers the tools, the instructions and the conversation so far", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ reasoning: "Hm." }, { text: "First answer" }], [{ text: "Second answer" }])
    const session = await bench.session()
    await bench.prompt("first question", { session: session.id })
    await bench.prompt("second question", { session: session.id })
    const [, second] = bench.fake.calls
    for (const tool of ["read", "write", "edit", "list", "glob", "grep", "bash", "todowrite", "todoread"]) {
      expect(second?.tools).toContain(tool)
    }
    expect(second?.system).toContain(bench.directory)
    expect(second?.user).toContain("second question")
    const sent = JSON.stringify(second?.body)
    expect(sent).toContain("first question")
    expect(sent).toContain("First answer")
  })

  test("arguments that are no JSON are answered to the model, and the turn goes on", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ tool: "read", args: '{"filePath": ' }], [{ text: "Sorry" }])
    const session = await bench.session()
    const answer = await bench.prompt("go", { session: session.id })
    expect(textOf(answer)).toBe("Sorry")
    const [first] = bench.answers(session.id)
    expect(ofType(first?.parts ?? [], "tool")[0]?.state.status).toBe("error")
  })

  test("a tool that does not exist is answered to the model, and the turn goes on", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ tool: "fly", args: { to: "the moon" } }], [{ text: "I cannot fly" }])
    const answer = await bench.prompt("go")
    expect(textOf(answer)).toBe("I cannot fly")
    expect(bench.fake.calls[1]?.results[0]).toMatch(/fly/)
  })

  test("an answer that was cut at the limit is continued", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ text: "Half of it" }, { finish: "length" }], [{ text: ", and the rest." }])
    const answer = await bench.prompt("go")
    expect(answer.info.finish).toBe("stop")
    expect(textOf(answer)).toBe(", and the rest.")
    expect(JSON.stringify(bench.fake.calls[1]?.body)).toContain("Half of it")
  })

  test("a session without a title gets one from a call of its own, which takes nothing from the turn", async () => {
    await using bench = await startBench(providerID)
    bench.fake.reply([{ text: "Fixed." }])
    const { id } = await bench.instance.sessions.create({})
    const answer = await bench.prompt("fix the flaky login test", { session: id })
    expect(textOf(answer)).toBe("Fixed.")
    const call = await bench.fake.waitForRequest((request) => request.title)
    expect(call.wire === wire || call.model === "m2").toBe(true)
    await bench.waitFor(
      (event) =>
        event.type === "session.updated" &&
        JSON.stringify(event.properties).includes('"title":"fix the flaky login test"'),
    )
  })
})
