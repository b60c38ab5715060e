export { askOnce } from "./ask.ts"
export { applyCaching } from "./caching.ts"
export { costOf } from "./cost.ts"
export { ProviderTimeoutError } from "./fetch.ts"
export { OFFLINE } from "./offline.ts"
export {
  createProviders,
  type ModelCallOptions,
  type Providers,
  type ResolvedModel,
} from "./service.ts"
export * from "./types.ts"
