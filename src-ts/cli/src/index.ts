export { runProgram } from "./program.ts"
export { serve } from "./serve.ts"
export { version } from "./version.ts"
