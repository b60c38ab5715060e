export * from "./directory.ts"
export * from "./types.ts"
