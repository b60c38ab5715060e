import type { Tokens } from "../message/types.ts"
import type { Model, ModelCost } from "./types.ts"

const LONG = 200_000

/**
 * Price of one step in US dollars. Long prompts pay the price of the highest tier that they reach. Reasoning is priced as output;
 * where no price for the cache is known, cached input is priced as input.
 */
export function costOf(model: Model, tokens: Tokens): number {
  const prompt = tokens.input + tokens.cache.read + tokens.cache.write
  const price = priceFor(model.cost, prompt)
  const million =
    tokens.input * price.input +
    (tokens.output + tokens.reasoning) * price.output +
    tokens.cache.read * (price.cache.read || price.input) +
    tokens.cache.write * (price.cache.write || price.input)
  return million / 1_000_000
}

function priceFor(cost: ModelCost, prompt: number): Pick<ModelCost, "input" | "output" | "cache"> {
  const tier = (cost.tiers ?? [])
    .filter((item) => prompt > item.tier.size)
    .sort((a, b) => b.tier.size - a.tier.size)
    .at(0)
  if (tier) return tier
  return cost.experimentalOver200K && prompt > LONG ? cost.experimentalOver200K : cost
}
