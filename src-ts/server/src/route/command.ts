import {
  CommandInput,
  idOf,
  MessageWithParts,
  NotFoundError,
  SessionBusyError,
  SessionInitInput,
  ShellInput,
  z,
} from "../schema/index.ts"
import { define, Later, type Route } from "./define.ts"

const byId = z.object({ sessionID: idOf("ses") })

/** Slash commands, and commands for the shell, run in a session. */
export const commandRoutes: Route[] = [
  define(
    {
      method: "post",
      path: "/session/{sessionID}/command",
      operationId: "session.command",
      tag: "session",
      summary: "Run a slash command and wait for the end of its turn; answers its last message",
      params: byId,
      body: CommandInput,
      ok: MessageWithParts,
      errors: { 404: NotFoundError },
    },
    async ({ engine, params, body, signal }) => {
      await engine.instanceOf(params.sessionID)
      return new Later(
        engine.inSession(params.sessionID, (sessions) => sessions.command(params.sessionID, body, signal)),
      )
    },
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/command_async",
      operationId: "session.command_async",
      tag: "session",
      summary: "Run a slash command, answer 204 once its prompt is stored; what is wrong with it becomes session.error",
      params: byId,
      body: CommandInput,
      ok: null,
      errors: { 404: NotFoundError },
    },
    ({ engine, params, body }) =>
      engine.inSession(params.sessionID, (sessions) => sessions.commandAsync(params.sessionID, body)),
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/shell",
      operationId: "session.shell",
      tag: "session",
      summary: "Run a command of the user's in the shell and wait for its end; it shows as a bash call",
      params: byId,
      body: ShellInput,
      ok: MessageWithParts,
      errors: { 404: NotFoundError, 409: SessionBusyError },
    },
    async ({ engine, params, body, signal }) => {
      await engine.instanceOf(params.sessionID)
      return new Later(engine.inSession(params.sessionID, (sessions) => sessions.shell(params.sessionID, body, signal)))
    },
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/init",
      operationId: "session.init",
      tag: "session",
      summary: "Let the agent write or improve AGENTS.md, and wait for the end of that turn",
      params: byId,
      body: SessionInitInput,
      ok: z.boolean(),
      errors: { 404: NotFoundError },
    },
    async ({ engine, params, body, signal }) => {
      await engine.instanceOf(params.sessionID)
      const { messageID, providerID, modelID } = body
      const input = { messageID, model: `${providerID}/${modelID}`, command: "init", arguments: "" }
      const work = engine.inSession(params.sessionID, (sessions) => sessions.command(params.sessionID, input, signal))
      return new Later(work.then(() => true))
    },
  ),
]
