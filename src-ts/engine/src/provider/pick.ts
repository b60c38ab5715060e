import type { Model } from "./types.ts"

/** Families that are known to work well as coding agents; the order doesn't matter, the newest wins. */
const CODING =
  /^(claude-(opus|sonnet)|gpt(-sol|-codex)?$|gemini-(pro|flash)$|qwen|kimi|glm|deepseek|grok|devstral|codestral|mistral-(large|medium)|minimax)/
/** Names of special editions, which nobody wants without having asked for them. */
const SPECIAL = /(image|tts|audio|live|embed|vision|realtime|translate|research|computer-use|search|moderation|guard)/
const EDITION = /(-fast|-pro|-preview|-latest|-max|-exp|customtools|:free|-free|thinking)\b/

/** Whether a model can drive the agent at all: text in, text out, tools, not withdrawn. */
export function sensible(model: Model): boolean {
  const { input, output, toolcall } = model.capabilities
  return toolcall && input.text && output.text && model.status !== "deprecated" && !SPECIAL.test(model.id)
}

/** The models of a provider, best default first. */
export function ranked(models: Model[]): Model[] {
  const grade = (model: Model) =>
    (sensible(model) ? 0 : 8) +
    (CODING.test(model.family || model.id) ? 0 : 4) +
    (model.status === "active" ? 0 : 2) +
    (EDITION.test(model.id) || regional(model) ? 1 : 0) +
    // Who connects a maker of models wants a model of theirs.
    (model.id.startsWith(model.providerID) ? 0 : 0.5)
  return models
    .map((model) => ({ model, grade: grade(model) }))
    .sort(
      (a, b) =>
        a.grade - b.grade ||
        compare(b.model.release_date, a.model.release_date) ||
        a.model.id.length - b.model.id.length ||
        compare(a.model.id, b.model.id),
    )
    .map(({ model }) => model)
}

/** Bedrock's ids name the region that may serve them; only "global" works from everywhere. */
const regional = (model: Model) => model.api.npm === "@ai-sdk/amazon-bedrock" && !model.id.startsWith("global.")

const SMALL = /(haiku|nano|mini|flash|lite|small|luna|fast)/

/** A much cheaper sibling for titles and summaries, the newest; undefined when the model has none or prices are unknown. */
export function smallSibling(model: Model, siblings: Model[]): Model | undefined {
  if (model.cost.output <= 0) return undefined
  return siblings
    .filter(
      (other) =>
        other.id !== model.id &&
        sensible(other) &&
        other.status === "active" &&
        SMALL.test(`${other.family ?? ""} ${other.id}`) &&
        other.cost.output > 0 &&
        other.cost.output <= model.cost.output / 2 &&
        other.cost.input <= model.cost.input / 2 &&
        origin(other.id) === origin(model.id),
    )
    .sort((a, b) => compare(b.release_date, a.release_date) || a.cost.output - b.cost.output || compare(a.id, b.id))
    .at(0)
}

/** Region of a Bedrock id, maker of a gateway's id: what a sibling must share. */
const origin = (id: string) => /^(?:us|eu|apac|global|jp|au|us-gov)(?=\.)|^[^/]+(?=\/)/.exec(id)?.[0] ?? ""

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Up to three names that the user may have meant. */
export async function suggest(wanted: string, names: string[]): Promise<string[]> {
  const { default: fuzzysort } = await import("fuzzysort")
  const direct = fuzzysort.go(wanted, names, { limit: 3, threshold: 0.3 }).map((result) => result.target)
  if (direct.length > 0) return direct
  // Fuzzy search needs every letter typed to be there; count changed letters for typing errors.
  const limit = Math.max(2, Math.floor(wanted.length / 4))
  return names
    .filter((name) => Math.abs(name.length - wanted.length) <= limit)
    .map((name) => ({ name, far: distance(wanted.toLowerCase(), name.toLowerCase()) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far || compare(a.name, b.name))
    .slice(0, 3)
    .map(({ name }) => name)
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
