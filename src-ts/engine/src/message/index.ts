export * from "./errors.ts"
export { toPrompt } from "./model.ts"
export * from "./types.ts"
