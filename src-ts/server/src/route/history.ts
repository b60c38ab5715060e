import { BadRequestError as BadRequest, type Part as EnginePart } from "@kilo-split/engine"
import {
  BusyOrConflictError,
  FileDiff,
  idOf,
  NotFoundError,
  Part,
  queryBoolean,
  Session,
  SessionBusyError,
  SessionChangeInput,
  SessionContext,
  SessionExport,
  SessionForkInput,
  SessionImportInput,
  SessionRevertInput,
  SessionRevertPreview,
  SettledChange,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

const byId = z.object({ sessionID: idOf("ses") })
const partPath = z.object({ sessionID: idOf("ses"), messageID: idOf("msg"), partID: idOf("prt") })
const unknown = { 404: NotFoundError }
const busy = { ...unknown, 409: SessionBusyError }

/** Going back and forth in a session, and changing what it holds. */
export const historyRoutes: Route[] = [
  define(
    {
      method: "post",
      path: "/session/{sessionID}/revert",
      operationId: "session.revert",
      tag: "session",
      summary: "Go back to before a message, or before a part of one",
      description:
        "Files that the undone steps changed get their earlier state; other files stay. The messages are hidden until the next prompt removes them; `session.unrevert` brings all back. An unknown message changes nothing.",
      params: byId,
      body: SessionRevertInput,
      ok: Session,
      errors: busy,
    },
    async ({ engine, params, body }) =>
      (await engine.instanceOf(params.sessionID)).sessions.revert(params.sessionID, body),
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/revert",
      operationId: "session.previewRevert",
      tag: "session",
      summary: "What going back would do, without doing it",
      params: byId,
      query: z.object({ messageID: idOf("msg"), partID: idOf("prt").optional() }),
      ok: SessionRevertPreview,
      errors: unknown,
    },
    async ({ engine, params, query }) => {
      const { messageID, partID } = query
      const point = { messageID, ...(partID === undefined ? {} : { partID }) }
      return (await engine.instanceOf(params.sessionID)).sessions.previewRevert(params.sessionID, point)
    },
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/context",
      operationId: "session.context",
      tag: "session",
      summary: "What fills the context of the next request, in estimated tokens",
      params: byId,
      query: z.object({
        agent: z.string().optional(),
        providerID: z.string().optional(),
        modelID: z.string().optional(),
      }),
      ok: SessionContext,
      errors: unknown,
    },
    async ({ engine, params, query }) => {
      const { agent, providerID, modelID } = query
      return (await engine.instanceOf(params.sessionID)).sessions.context(params.sessionID, {
        ...(agent === undefined ? {} : { agent }),
        ...(providerID === undefined || modelID === undefined ? {} : { model: { providerID, modelID } }),
      })
    },
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/unrevert",
      operationId: "session.unrevert",
      tag: "session",
      summary: "Take a revert back",
      params: byId,
      ok: Session,
      errors: busy,
    },
    async ({ engine, params }) => (await engine.instanceOf(params.sessionID)).sessions.unrevert(params.sessionID),
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/fork",
      operationId: "session.fork",
      tag: "session",
      summary: "Copy a session, up to a message (exclusive), into a new one",
      description:
        "The copy has ids of its own and no parent. It lives in the session's directory, or in the one that the query names. What a running turn is still writing is left out.",
      params: byId,
      body: SessionForkInput,
      bodyOptional: true,
      routed: true,
      ok: Session,
      errors: unknown,
    },
    async ({ engine, params, body, instance, url }) => {
      const target = url.searchParams.has("directory") ? await instance() : await engine.instanceOf(params.sessionID)
      return target.sessions.fork(params.sessionID, body.messageID)
    },
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/change/keep",
      operationId: "session.keepChange",
      tag: "session",
      summary: "Settle the changes, one changed file, or one hunk of it",
      description:
        "The file stays as it is and the change leaves the session's list of changes, which is the answer. Rolling the session back still undoes it.",
      params: byId,
      body: SessionChangeInput,
      ok: z.array(FileDiff),
      errors: { ...unknown, 409: BusyOrConflictError },
    },
    async ({ engine, params, body }) =>
      (await engine.instanceOf(params.sessionID)).sessions.keepChange(params.sessionID, body),
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/change/undo",
      operationId: "session.undoChange",
      tag: "session",
      summary: "Take back the changes, one changed file, or one hunk of it",
      description:
        "Touches that file only, and refuses with 409 when it was changed since the session's last step. Without a file such ones stay as they are. Answers the changes that are left.",
      params: byId,
      body: SessionChangeInput,
      ok: z.array(FileDiff),
      errors: { ...unknown, 409: BusyOrConflictError },
    },
    async ({ engine, params, body }) =>
      (await engine.instanceOf(params.sessionID)).sessions.undoChange(params.sessionID, body),
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/change/settled",
      operationId: "session.settledChanges",
      tag: "session",
      summary: "What was kept or undone and can be taken back, newest first",
      params: byId,
      ok: z.array(SettledChange),
      errors: unknown,
    },
    async ({ engine, params }) => (await engine.instanceOf(params.sessionID)).sessions.settledChanges(params.sessionID),
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/change/back",
      operationId: "session.takeBackChange",
      tag: "session",
      summary: "Take the newest keeping or undoing back",
      description:
        "Refuses with 409 when one of its files was changed since, and touches nothing then. Answers the session's changes.",
      params: byId,
      ok: z.array(FileDiff),
      errors: { ...unknown, 409: BusyOrConflictError },
    },
    async ({ engine, params }) => (await engine.instanceOf(params.sessionID)).sessions.takeBackChange(params.sessionID),
  ),
  define(
    {
      method: "delete",
      path: "/session/{sessionID}/message/{messageID}",
      operationId: "session.deleteMessage",
      tag: "session",
      summary: "Remove a message for good, or with `queued` a prompt that waits",
      description: "False when the running turn works on it. True also when there is no such message.",
      params: z.object({ sessionID: idOf("ses"), messageID: idOf("msg") }),
      query: z.object({ queued: queryBoolean.optional() }),
      ok: z.boolean(),
      errors: busy,
    },
    async ({ engine, params, query }) =>
      (await engine.instanceOf(params.sessionID)).sessions.removeMessage(
        params.sessionID,
        params.messageID,
        query.queued,
      ),
  ),
  define(
    {
      method: "patch",
      path: "/session/{sessionID}/message/{messageID}/part/{partID}",
      operationId: "part.update",
      tag: "session",
      summary: "Replace a part",
      params: partPath,
      body: Part,
      ok: Part,
      errors: unknown,
    },
    async ({ engine, params, body }) => {
      const { sessionID, messageID, partID } = params
      const part = body as EnginePart
      if (part.id !== partID || part.messageID !== messageID || part.sessionID !== sessionID) {
        throw new BadRequest("The ids in the body are not those of the path.")
      }
      return (await engine.instanceOf(sessionID)).sessions.updatePart(part)
    },
  ),
  define(
    {
      method: "delete",
      path: "/session/{sessionID}/message/{messageID}/part/{partID}",
      operationId: "part.delete",
      tag: "session",
      summary: "Remove a part for good",
      params: partPath,
      ok: z.boolean(),
      errors: unknown,
    },
    async ({ engine, params }) => {
      const { sessionID, messageID, partID } = params
      ;(await engine.instanceOf(sessionID)).sessions.removePart(sessionID, messageID, partID)
      return true
    },
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/export",
      operationId: "session.export",
      tag: "session",
      summary: "The session with its messages, to-dos and sub-agents' sessions as one value",
      description: "Permissions and shares are left out.",
      params: byId,
      ok: SessionExport,
      errors: unknown,
    },
    async ({ engine, params }) => (await engine.instanceOf(params.sessionID)).sessions.export(params.sessionID),
  ),
  define(
    {
      method: "post",
      path: "/session/import",
      operationId: "session.import",
      tag: "session",
      summary: "Store an exported session in this directory, under new ids",
      body: SessionImportInput,
      routed: true,
      ok: Session,
    },
    async ({ instance, body }) => (await instance()).sessions.import(body),
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/share",
      operationId: "session.share",
      tag: "session",
      summary: "Publish a session and answer it with its link",
      description: "500 while no share server is set up (KILO_SHARE_URL), with the reason.",
      params: byId,
      ok: Session,
      errors: unknown,
    },
    async ({ engine, params }) => (await engine.instanceOf(params.sessionID)).sessions.share(params.sessionID),
  ),
  define(
    {
      method: "delete",
      path: "/session/{sessionID}/share",
      operationId: "session.unshare",
      tag: "session",
      summary: "Take the published copy away",
      params: byId,
      ok: Session,
      errors: unknown,
    },
    async ({ engine, params }) => (await engine.instanceOf(params.sessionID)).sessions.unshare(params.sessionID),
  ),
]
