export { loadInstructions } from "./instructions.ts"
export { systemPrompt } from "./prompt.ts"
export { resolveAgents } from "./resolve.ts"
export * from "./types.ts"
