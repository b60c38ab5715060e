export { loadCommands } from "./commands.ts"
export { fillTemplate, hints, mentions, words } from "./template.ts"
export * from "./types.ts"
