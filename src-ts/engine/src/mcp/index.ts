export { type Approvals, createApprovals } from "./approval.ts"
export { createMcp, type Mcp, type McpOptions } from "./manager.ts"
export * from "./types.ts"
