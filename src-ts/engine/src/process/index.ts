export { type Child, type ChildOptions, startChild } from "./child.ts"
export { childEnvironment, MARKER } from "./environment.ts"
export { findProgram } from "./find.ts"
export { groupEnds, killTree } from "./kill.ts"
