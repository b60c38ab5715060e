import {
  idOf,
  Pty,
  PtyCreate,
  PtyForbiddenError,
  PtyNotFoundError,
  PtyShell,
  PtyTicket,
  PtyUpdate,
  z,
} from "../schema/index.ts"
import { define, Reply, type Route } from "./define.ts"

const ptyID = z.object({ ptyID: idOf("pty") })
const missing = { 404: PtyNotFoundError }

export const ptyRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/pty",
      operationId: "pty.list",
      tag: "pty",
      summary: "Running terminals of the directory",
      routed: true,
      ok: z.array(Pty),
    },
    async ({ engine, instance }) => engine.ptys.list((await instance()).directory),
  ),
  define(
    {
      method: "get",
      path: "/pty/shells",
      operationId: "pty.shells",
      tag: "pty",
      summary: "Shells of this machine, the user's own first",
      routed: true,
      ok: z.array(PtyShell),
    },
    ({ engine }) => engine.ptys.shells(),
  ),
  define(
    {
      method: "post",
      path: "/pty",
      operationId: "pty.create",
      tag: "pty",
      summary: "Start a terminal; without a command the user's shell",
      body: PtyCreate,
      bodyOptional: true,
      routed: true,
      ok: Pty,
    },
    async ({ engine, instance, body }) => engine.ptys.create((await instance()).scope, body),
  ),
  define(
    {
      method: "get",
      path: "/pty/{ptyID}",
      operationId: "pty.get",
      tag: "pty",
      summary: "One terminal",
      params: ptyID,
      routed: true,
      ok: Pty,
      errors: missing,
    },
    ({ engine, params }) => engine.ptys.get(params.ptyID),
  ),
  define(
    {
      method: "put",
      path: "/pty/{ptyID}",
      operationId: "pty.update",
      tag: "pty",
      summary: "Rename a terminal, change its size, or attach it to a session",
      params: ptyID,
      body: PtyUpdate,
      routed: true,
      ok: Pty,
      errors: missing,
    },
    ({ engine, params, body }) => engine.ptys.update(params.ptyID, body),
  ),
  define(
    {
      method: "delete",
      path: "/pty/{ptyID}",
      operationId: "pty.remove",
      tag: "pty",
      summary: "End a terminal with everything that runs in it",
      params: ptyID,
      routed: true,
      ok: z.boolean(),
      errors: missing,
    },
    async ({ engine, params }) => {
      await engine.ptys.remove(params.ptyID)
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/pty/{ptyID}/connect-token",
      operationId: "pty.connectToken",
      tag: "pty",
      summary: "A ticket for one connection within a minute",
      description: "Needs the header `x-kilo-ticket: 1`, which a web page of another origin can't send unasked.",
      params: ptyID,
      routed: true,
      ok: PtyTicket,
      errors: { 403: PtyForbiddenError, ...missing },
    },
    ({ engine, params, headers }) => {
      if (headers["x-kilo-ticket"] !== "1" && headers["x-opencode-ticket"] !== "1") {
        return new Reply(403, {
          _tag: "PtyForbiddenError",
          message: "Send the header x-kilo-ticket: 1 with the request.",
        })
      }
      return engine.ptys.ticket(params.ptyID)
    },
  ),
  // Answered by the core, because it becomes a WebSocket.
  define({
    method: "get",
    path: "/pty/{ptyID}/connect",
    operationId: "pty.connect",
    tag: "pty",
    summary: "The terminal as a WebSocket",
    description:
      'Text frames are output and input. After the output so far comes a binary frame: a zero byte and {"cursor": n}; `cursor` continues there. Closes with 1000 when the process ends.',
    params: ptyID,
    query: z.object({ cursor: z.string().optional(), ticket: z.string().optional() }),
    routed: true,
    ok: z.boolean(),
    errors: { 403: PtyForbiddenError, ...missing },
  }),
]
