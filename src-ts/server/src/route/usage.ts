import type { Engine, Tokens } from "@kilo-split/engine"

interface Sum {
  steps: number
  cost: number
  tokens: Tokens
}

/** What a session and its children have used, by model (contract: core, kilocode.sessionModelUsage). */
export function usageOf(engine: Engine, sessionID: string) {
  const sessionIDs = family(engine, sessionID)
  const totals = nothing()
  const models = new Map<string, Sum & { providerID: string; modelID: string }>()
  for (const id of sessionIDs) {
    for (const { info } of engine.sessions.messages(id).items) {
      if (info.role !== "assistant") continue
      const { providerID, modelID } = info
      const key = `${providerID}/${modelID}`
      const model = models.get(key) ?? { providerID, modelID, ...nothing() }
      models.set(key, model)
      for (const sum of [totals, model]) add(sum, info.cost, info.tokens)
    }
  }
  return { sessionIDs, sessionCost: engine.sessions.get(sessionID).cost ?? 0, totals, models: [...models.values()] }
}

function family(engine: Engine, sessionID: string): string[] {
  engine.sessions.get(sessionID)
  return [sessionID, ...engine.sessions.children(sessionID).flatMap(({ id }) => family(engine, id))]
}

function nothing(): Sum {
  return { steps: 0, cost: 0, tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } } }
}

function add(sum: Sum, cost: number, tokens: Tokens) {
  sum.steps += 1
  sum.cost += cost
  sum.tokens.input += tokens.input
  sum.tokens.output += tokens.output
  sum.tokens.reasoning += tokens.reasoning
  sum.tokens.cache.read += tokens.cache.read
  sum.tokens.cache.write += tokens.cache.write
}
