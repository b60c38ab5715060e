import { idOf, NotFoundError, OutboxEntry, OutboxInput, OutboxOrder, z } from "../schema/index.ts"
import { define, type Route } from "./define.ts"

const byId = z.object({ sessionID: idOf("ses") })
const entryPath = z.object({ sessionID: idOf("ses"), outboxID: idOf("out") })
const unknown = { 404: NotFoundError }

/** Prompts that wait until their session has nothing else to do. */
export const outboxRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/session/{sessionID}/outbox",
      operationId: "session.outbox",
      tag: "outbox",
      summary: "Prompts that wait until the session has nothing else to do, next one first",
      params: byId,
      ok: z.array(OutboxEntry),
      errors: unknown,
    },
    async ({ engine, params }) => (await engine.instanceOf(params.sessionID)).sessions.outbox.list(params.sessionID),
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/outbox",
      operationId: "session.outboxAdd",
      tag: "outbox",
      summary: "Let a prompt wait for its turn; where nothing runs or waits it is sent at once",
      description:
        "After a turn that ends well the next one is sent; after one that failed or was stopped they wait. The same `messageID` again changes nothing.",
      params: byId,
      body: OutboxInput,
      ok: OutboxEntry,
      errors: unknown,
    },
    async ({ engine, params, body }) =>
      (await engine.instanceOf(params.sessionID)).sessions.outbox.add(params.sessionID, body),
  ),
  define(
    {
      method: "put",
      path: "/session/{sessionID}/outbox",
      operationId: "session.outboxOrder",
      tag: "outbox",
      summary: "Put the waiting prompts into another order; those that are not named go behind",
      params: byId,
      body: OutboxOrder,
      ok: z.array(OutboxEntry),
      errors: unknown,
    },
    async ({ engine, params, body }) =>
      (await engine.instanceOf(params.sessionID)).sessions.outbox.order(params.sessionID, body.ids),
  ),
  define(
    {
      method: "put",
      path: "/session/{sessionID}/outbox/{outboxID}",
      operationId: "session.outboxChange",
      tag: "outbox",
      summary: "Change a prompt that waits",
      params: entryPath,
      body: OutboxInput,
      ok: OutboxEntry,
      errors: unknown,
    },
    async ({ engine, params, body }) =>
      (await engine.instanceOf(params.sessionID)).sessions.outbox.change(params.sessionID, params.outboxID, body),
  ),
  define(
    {
      method: "delete",
      path: "/session/{sessionID}/outbox/{outboxID}",
      operationId: "session.outboxRemove",
      tag: "outbox",
      summary: "Take a prompt out; false when it does not wait any more",
      params: entryPath,
      ok: z.boolean(),
      errors: unknown,
    },
    async ({ engine, params }) =>
      (await engine.instanceOf(params.sessionID)).sessions.outbox.remove(params.sessionID, params.outboxID),
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/outbox/{outboxID}/send",
      operationId: "session.outboxSend",
      tag: "outbox",
      summary: "Send a prompt now; a running turn takes it in with its next step. False when it does not wait any more",
      params: entryPath,
      ok: z.boolean(),
      errors: unknown,
    },
    async ({ engine, params }) =>
      (await engine.instanceOf(params.sessionID)).sessions.outbox.send(params.sessionID, params.outboxID),
  ),
]
