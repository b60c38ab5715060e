import type { Engine } from "@kilo-split/engine"
import {
  BoardPage,
  BoardReset,
  CloudImport,
  CloudImported,
  CloudPage,
  CloudSessions,
  ConflictError,
  idOf,
  MarketplaceList,
  NotFoundError,
  SessionBoard,
  UnauthorizedError,
  z,
} from "../schema/index.ts"
import { define, Reply, type Route } from "./define.ts"

const session = z.object({ sessionID: idOf("ses") })
const UNAUTHORIZED = { _tag: "Unauthorized" }

/** What this server does not have but clients ask for: answers of the form that they know, and the truth about what is there. */
export const optionalRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/kilocode/session/{sessionID}/board",
      operationId: "kilocode.sessionBoard",
      tag: "session",
      summary: "Messages that the agents of a session leave each other; there are none here",
      params: session,
      query: BoardPage,
      routed: true,
      ok: SessionBoard,
      errors: { 404: NotFoundError, 409: ConflictError },
    },
    ({ engine, params }) => boardOf(engine, params.sessionID),
  ),
  define(
    {
      method: "post",
      path: "/kilocode/session/{sessionID}/board/reset",
      operationId: "kilocode.resetSessionBoard",
      tag: "session",
      summary: "Clear the board, if it still is at the revision that the client saw",
      params: session,
      body: BoardReset,
      routed: true,
      ok: SessionBoard,
      errors: { 404: NotFoundError, 409: ConflictError },
    },
    ({ engine, params, body }) => {
      const board = boardOf(engine, params.sessionID)
      if (body.revision === board.revision) return board
      return new Reply(409, { _tag: "ConflictError", message: "The board is at another revision. Read it again." })
    },
  ),
  define(
    {
      method: "get",
      path: "/kilocode/marketplace",
      operationId: "kilocode.marketplace.list",
      tag: "kilo",
      summary: "Things to install; this server has no marketplace and says so",
      routed: true,
      ok: MarketplaceList,
    },
    () => ({
      items: [],
      installed: { project: {}, global: {} },
      errors: ["This server has no marketplace. Add skills, agents and MCP servers as files or in the configuration."],
    }),
  ),
  define(
    {
      method: "get",
      path: "/kilo/cloud-sessions",
      operationId: "kilo.cloudSessions",
      tag: "kilo",
      summary: "Sessions kept by the account service; this server keeps its sessions on this machine only",
      query: CloudPage,
      routed: true,
      ok: CloudSessions,
      errors: { 401: UnauthorizedError },
    },
    ({ engine }) =>
      engine.gateway.status().authenticated ? { cliSessions: [], nextCursor: null } : new Reply(401, UNAUTHORIZED),
  ),
  define(
    {
      method: "post",
      path: "/kilo/cloud/session/import",
      operationId: "kilo.cloud.session.import",
      tag: "kilo",
      summary: "Take over a session of the account service; none can be found from here",
      body: CloudImport,
      routed: true,
      ok: CloudImported,
      errors: { 401: UnauthorizedError, 404: NotFoundError },
    },
    ({ engine, body }) => {
      if (!engine.gateway.status().authenticated) return new Reply(401, UNAUTHORIZED)
      const message = `This server reads no sessions of the account service: ${body.sessionId}`
      return new Reply(404, { name: "NotFoundError", data: { message } })
    },
  ),
]

/** The board of a session and all its children belongs to the one at the root. */
function boardOf(engine: Engine, sessionID: string) {
  let owner = engine.sessions.get(sessionID)
  while (owner.parentID) owner = engine.sessions.get(owner.parentID)
  return { ownerSessionID: owner.id, revision: 0, messages: [], hasMore: false }
}
