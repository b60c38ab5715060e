export { loadCommands } from "./commands.ts"
export { fillTemplate, hints, mentions } from "./template.ts"
export * from "./types.ts"
