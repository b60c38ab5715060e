export { fileLog, type Log } from "./core/log.ts"
export { type RunningServer, type ServerOptions, startServer, USUAL_PORT } from "./core/server.ts"
