export { searchProvider } from "./providers.ts"
export { webfetchTool } from "./webfetch.ts"
export { websearchTool } from "./websearch.ts"
