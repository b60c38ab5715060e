export { openapi } from "./document.ts"
