export { createKiloClient, type KiloClientOptions } from "./client.ts"
export { KiloClient } from "./gen/sdk.gen.ts"
export type * from "./gen/types.gen.ts"
