import { GlobalSession, idOf, NotFoundError, queryBoolean, queryInt, SessionFindResult, z } from "../schema/index.ts"
import { define, type Route } from "./define.ts"

/** Finding sessions. Listed before the routes with a session's id in the path. */
export const searchRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/session/find",
      operationId: "session.find",
      tag: "session",
      summary: "Look for words in the messages of the directory's sessions, newest first",
      query: z.object({
        query: z.string().min(1),
        sessionID: idOf("ses").optional(),
        scope: z.literal("project").optional(),
        limit: queryInt.optional(),
      }),
      routed: true,
      ok: SessionFindResult,
      errors: { 404: NotFoundError },
    },
    async ({ instance, query }) => (await instance()).sessions.find(query),
  ),
  define(
    {
      method: "get",
      path: "/experimental/session",
      operationId: "experimental.session.list",
      tag: "session",
      summary: "Sessions of all projects, newest activity first",
      description:
        "With `current` only those of the directory's project (outside git: of the directory). Archived ones only with `archived`.",
      query: z.object({
        projectID: z.string().optional(),
        worktrees: queryBoolean.optional(),
        current: queryBoolean.optional(),
        roots: queryBoolean.optional(),
        start: queryInt.optional(),
        cursor: queryInt.optional(),
        search: z.string().optional(),
        limit: queryInt.optional(),
        archived: queryBoolean.optional(),
      }),
      routed: true,
      ok: z.array(GlobalSession),
      okHeaders: { "X-Next-Cursor": "Value of `cursor` for the next page; missing on the last one" },
    },
    async ({ engine, instance, query, header }) => {
      const { current, worktrees: _, ...rest } = query
      const limit = rest.limit !== undefined && rest.limit > 0 ? rest.limit : 100
      const here = current ? await instance() : undefined
      const found = engine.sessions.listAll({
        ...rest,
        ...(here ? { projectID: here.project.id } : {}),
        ...(here && here.project.vcs === undefined ? { directory: here.directory } : {}),
        limit: limit + 1,
      })
      const page = found.slice(0, limit)
      const last = page.at(-1)
      if (found.length > limit && last) {
        header("X-Next-Cursor", String(last.time.updated))
        header("Access-Control-Expose-Headers", "X-Next-Cursor")
      }
      return page
    },
  ),
]
