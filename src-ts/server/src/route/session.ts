import { BadRequestError as BadRequest } from "@kilo-split/engine"
import {
  FileDiff,
  idOf,
  MessageWithParts,
  NotFoundError,
  PromptInput,
  queryBoolean,
  queryInt,
  Session,
  SessionCreateInput,
  SessionStatus,
  SessionUpdateInput,
  SummarizeInput,
  Todo,
  z,
} from "../schema/index.ts"
import { define, Later, type Route, Text } from "./define.ts"

const byId = z.object({ sessionID: idOf("ses") })
const unknown = { 404: NotFoundError }

export const sessionRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/session",
      operationId: "session.list",
      tag: "session",
      summary: "Sessions of the directory, or of its whole project, newest first",
      query: z.object({
        scope: z.literal("project").optional(),
        path: z.string().optional(),
        roots: queryBoolean.optional(),
        start: queryInt.optional(),
        search: z.string().optional(),
        limit: queryInt.optional(),
      }),
      routed: true,
      ok: z.array(Session),
    },
    async ({ instance, query }) => new Text("application/json", (await instance()).sessions.listJson(query)),
  ),
  define(
    {
      method: "post",
      path: "/session",
      operationId: "session.create",
      tag: "session",
      summary: "Start a session",
      body: SessionCreateInput,
      bodyOptional: true,
      routed: true,
      ok: Session,
      errors: unknown,
    },
    async ({ engine, instance, body }) => {
      const { workspaceID, ...input } = body
      // Inside a workspace every request stays there.
      if (workspaceID === undefined || !engine.workspaces) return (await instance()).sessions.create(input)
      const plan = engine.workspaces.plan(workspaceID)
      if (plan.kind === "local") return (await engine.instance(plan.directory)).sessions.create(input)
      throw new BadRequest(
        `${workspaceID} is on another server: send the request with ?workspace=${workspaceID} instead.`,
      )
    },
  ),
  define(
    {
      method: "get",
      path: "/session/status",
      operationId: "session.status",
      tag: "session",
      summary: "State of each session that is not idle",
      routed: true,
      ok: z.record(z.string(), SessionStatus),
    },
    async ({ instance }) => (await instance()).sessions.statuses(),
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}",
      operationId: "session.get",
      tag: "session",
      summary: "One session",
      params: byId,
      ok: Session,
      errors: unknown,
    },
    ({ engine, params }) => engine.sessions.get(params.sessionID),
  ),
  define(
    {
      method: "patch",
      path: "/session/{sessionID}",
      operationId: "session.update",
      tag: "session",
      summary: "Rename, archive, or change metadata and permissions",
      params: byId,
      body: SessionUpdateInput,
      ok: Session,
      errors: unknown,
    },
    async ({ engine, params, body }) =>
      (await engine.instanceOf(params.sessionID)).sessions.update(params.sessionID, body),
  ),
  define(
    {
      method: "delete",
      path: "/session/{sessionID}",
      operationId: "session.delete",
      tag: "session",
      summary: "Delete a session and its children",
      params: byId,
      ok: z.boolean(),
      errors: unknown,
    },
    async ({ engine, params }) => {
      await (await engine.instanceOf(params.sessionID)).sessions.remove(params.sessionID)
      return true
    },
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/children",
      operationId: "session.children",
      tag: "session",
      summary: "Sessions that this one started",
      params: byId,
      ok: z.array(Session),
      errors: unknown,
    },
    ({ engine, params }) => engine.sessions.children(params.sessionID),
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/todo",
      operationId: "session.todo",
      tag: "session",
      summary: "To-do list",
      params: byId,
      ok: z.array(Todo),
      errors: unknown,
    },
    ({ engine, params }) => engine.sessions.todos(params.sessionID),
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/diff",
      operationId: "session.diff",
      tag: "session",
      summary: "File changes of the session, or of one user message's turn",
      params: byId,
      description:
        "`file` gives one of them, `full` adds the whole text before and after where it is text of at most 1 MiB.",
      query: z.object({
        messageID: idOf("msg").optional(),
        file: z.string().optional(),
        full: queryBoolean.optional(),
      }),
      ok: z.array(FileDiff),
      errors: unknown,
    },
    async ({ engine, params, query }) => {
      const instance = await engine.instanceOf(params.sessionID)
      const { messageID, file, full } = query
      return instance.sessions.diff(params.sessionID, messageID, {
        ...(file === undefined ? {} : { file }),
        ...(full === undefined ? {} : { full }),
      })
    },
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/message",
      operationId: "session.messages",
      tag: "session",
      summary: "Messages, oldest first, with the text streamed so far",
      description:
        "Without `limit` all of them; with it the newest ones, or those before, after or around a place, which is a cursor or a message's id. Events after `X-Kilo-Event-Id` are not included yet.",
      params: byId,
      query: z.object({
        limit: queryInt.optional(),
        before: z.string().optional(),
        after: z.string().optional(),
        around: z.string().optional(),
      }),
      ok: z.array(MessageWithParts),
      okHeaders: {
        "X-Kilo-Event-Id": "Last event that the answer includes",
        "X-Next-Cursor": "Value of `before` for the next older page; missing on the last one",
        "X-Previous-Cursor": "Value of `after` for the next newer page; missing when the newest message is included",
      },
      errors: unknown,
    },
    ({ engine, params, query, header, url }) => {
      const limit = query.limit === undefined || query.limit <= 0 ? undefined : query.limit
      for (const place of ["before", "after", "around"] as const) {
        if (query[place] !== undefined && limit === undefined) {
          throw new BadRequest(`\`${place}\` needs a \`limit\` above 0.`)
        }
      }
      // No await between the two: the header names exactly what the answer includes.
      const cursor = engine.bus.cursor()
      const page = engine.sessions.messages(params.sessionID, {
        ...(limit === undefined ? {} : { limit }),
        ...(query.before === undefined ? {} : { before: query.before }),
        ...(query.after === undefined ? {} : { after: query.after }),
        ...(query.around === undefined ? {} : { around: query.around }),
      })
      header("X-Kilo-Event-Id", cursor)
      header("Access-Control-Expose-Headers", "Link, X-Next-Cursor, X-Previous-Cursor, X-Kilo-Event-Id")
      if (page.previous) header("X-Previous-Cursor", page.previous)
      if (page.next) {
        for (const place of ["after", "around"]) url.searchParams.delete(place)
        url.searchParams.set("before", page.next)
        header("X-Next-Cursor", page.next)
        header("Link", `<${url.pathname}${url.search}>; rel="next"`)
      }
      return page.items
    },
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/message/{messageID}",
      operationId: "session.message",
      tag: "session",
      summary: "One message",
      params: z.object({ sessionID: idOf("ses"), messageID: idOf("msg") }),
      ok: MessageWithParts,
      errors: unknown,
    },
    ({ engine, params }) => engine.sessions.message(params.sessionID, params.messageID),
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/message",
      operationId: "session.prompt",
      tag: "session",
      summary: "Send a message and wait for the end of the turn; answers its last assistant message",
      params: byId,
      body: PromptInput,
      ok: MessageWithParts,
      errors: unknown,
    },
    async ({ engine, params, body, signal }) => {
      const { sessionID } = params
      // Until the prompt is stored a failure still has its own status, however long that takes.
      const answer = await engine.inSession(sessionID, (sessions) => sessions.begin(sessionID, body, signal))
      return new Later(answer())
    },
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/prompt_async",
      operationId: "session.prompt_async",
      tag: "session",
      summary: "Send a message; what comes of it are events",
      params: byId,
      body: PromptInput,
      ok: null,
      errors: unknown,
    },
    ({ engine, params, body }) =>
      engine.inSession(params.sessionID, (sessions) => sessions.promptAsync(params.sessionID, body)),
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/abort",
      operationId: "session.abort",
      tag: "session",
      summary: "Stop the running turn, and those of child sessions unless `scope` is session",
      params: byId,
      query: z.object({ scope: z.enum(["session", "tree"]).optional() }),
      ok: z.boolean(),
    },
    async ({ engine, params, query }) => {
      const instance = await known(() => engine.instanceOf(params.sessionID))
      await instance?.sessions.abort(params.sessionID, query.scope ?? "tree")
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/summarize",
      operationId: "session.summarize",
      tag: "session",
      summary: "Condense the session into a summary that stands for it from now on; answers when it is there",
      description: "Waits for a running turn. When the model fails, the summary's message and session.error say why.",
      params: byId,
      body: SummarizeInput,
      ok: z.boolean(),
      errors: unknown,
    },
    async ({ engine, params, body }) => {
      await engine.instanceOf(params.sessionID)
      const work = engine.inSession(params.sessionID, (sessions) => sessions.summarize(params.sessionID, body))
      return new Later(work.then(() => true))
    },
  ),
]

/** Aborting what does not exist is fine: the client wanted it not to run. */
async function known<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof Error && error.name === "NotFoundError") return undefined
    throw error
  }
}
