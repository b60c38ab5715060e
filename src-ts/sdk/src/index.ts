export { createKiloClient, type KiloClientOptions } from "./client.ts"
export { KiloError } from "./error.ts"
export { KiloClient } from "./gen/sdk.gen.ts"
export type * from "./gen/types.gen.ts"
