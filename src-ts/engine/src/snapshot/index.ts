export { removeForgotten } from "./forgotten.ts"
export { removeFile, writeStored } from "./restore.ts"
export { createSnapshot } from "./snapshot.ts"
export * from "./types.ts"
