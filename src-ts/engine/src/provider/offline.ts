import type { Model, Provider } from "./types.ts"

export const OFFLINE = { providerID: "offline", modelID: "guide" } as const

/** The built-in provider, always usable: rules instead of a model. */
export function offlineProvider(): Provider {
  const io = { text: true, audio: false, image: false, video: false, pdf: false }
  const model: Model = {
    id: OFFLINE.modelID,
    providerID: OFFLINE.providerID,
    api: { id: OFFLINE.modelID, url: "", npm: "" },
    name: "Offline guide, no AI",
    family: "guide",
    capabilities: {
      temperature: false,
      reasoning: false,
      attachment: false,
      toolcall: true,
      input: io,
      output: io,
      interleaved: false,
    },
    cost: { input: 0, output: 0, cache: { read: 0, write: 0 } },
    limit: { context: 1_000_000, output: 32_000 },
    status: "active",
    options: {},
    headers: {},
    release_date: "",
    isFree: true,
  }
  return {
    id: OFFLINE.providerID,
    name: "Offline guide, no AI",
    description: "Built in, works without network or key: finds, shows, replaces and runs by rules.",
    source: "custom",
    env: [],
    options: {},
    models: { [model.id]: model },
  }
}
