import { idOf, NotFoundError, Session, SessionBusyError, SessionRevertInput, z } from "../schema/index.ts"
import { define, type Route } from "./define.ts"

const byId = z.object({ sessionID: idOf("ses") })
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
]
