export { resolveCommands } from "./commands.ts"
export * from "./types.ts"
