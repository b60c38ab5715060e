import { GLOBAL_SCOPE } from "@kilo-split/engine"
import { Config, ConfigPatch, Event, GlobalEvent, Health, z } from "../schema/index.ts"
import { define, type Route } from "./define.ts"

const SSE = `Every frame has an \`id\`; a client that comes back with \`Last-Event-ID\` gets what it missed. When that is no longer
known the stream starts with \`server.connected\` and \`server.reload\`: read everything anew. \`server.heartbeat\` comes every 10 s.`

export const globalRoutes: Route[] = [
  define({
    method: "get",
    path: "/global/health",
    operationId: "global.health",
    tag: "global",
    summary: "Whether the server works, and its version",
    ok: Health,
  }),
  define({
    method: "get",
    path: "/global/event",
    operationId: "global.event",
    tag: "global",
    summary: "Events of all directories",
    description: SSE,
    ok: GlobalEvent,
    okType: "text/event-stream",
  }),
  define({
    method: "get",
    path: "/event",
    operationId: "event.subscribe",
    tag: "event",
    summary: "Events of one directory",
    description: `${SSE} The stream ends after \`server.instance.disposed\`.`,
    routed: true,
    ok: Event,
    okType: "text/event-stream",
  }),
  define(
    {
      method: "get",
      path: "/global/config",
      operationId: "global.config.get",
      tag: "global",
      summary: "Configuration of the user's global files",
      ok: Config,
    },
    ({ engine }) => engine.globalConfig.get(),
  ),
  define(
    {
      method: "patch",
      path: "/global/config",
      operationId: "global.config.update",
      tag: "global",
      summary: "Change the user's global configuration file",
      body: ConfigPatch,
      ok: Config,
    },
    async ({ engine, body }) => {
      const config = await engine.globalConfig.update(body)
      // The engine takes the new configuration into use by itself. Nothing is disposed, which would stop running turns;
      // the events tell clients to read everything that depends on it anew.
      engine.bus.publish(GLOBAL_SCOPE, "global.config.updated", {})
      engine.bus.publish(GLOBAL_SCOPE, "global.disposed", {})
      return config
    },
  ),
  define(
    {
      method: "post",
      path: "/global/dispose",
      operationId: "global.dispose",
      tag: "global",
      summary: "Forget what is loaded for all directories; running turns go on",
      ok: z.boolean(),
    },
    async ({ engine }) => {
      await engine.disposeAll()
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/instance/dispose",
      operationId: "instance.dispose",
      tag: "global",
      summary: "Forget what is loaded for one directory; its running turns are stopped",
      routed: true,
      ok: z.boolean(),
    },
    async ({ engine, directory }) => {
      await engine.dispose(directory)
      return true
    },
  ),
]
