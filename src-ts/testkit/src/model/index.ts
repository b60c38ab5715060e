export { DEFAULT_USAGE, type FakeModel, type FakeModelOptions, startFakeModel } from "./server.ts"
export type { Failure, Finish, ModelRequest, Reply, Step, Turn, Usage, WireName } from "./types.ts"
