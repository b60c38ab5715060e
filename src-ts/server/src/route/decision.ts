import {
  AllowEverything,
  DecisionNotFoundError,
  idOf,
  PermissionAlwaysRules,
  PermissionNotFoundError,
  PermissionReply,
  PermissionRequest,
  PermissionResponse,
  QuestionNotFoundError,
  QuestionReply,
  QuestionRequest,
  UnauthorizedError,
  z,
} from "../schema/index.ts"
import { define, Reply, type Route } from "./define.ts"

const permissionID = z.object({ requestID: idOf("per") })
const questionID = z.object({ requestID: idOf("que") })

export const decisionRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/permission",
      operationId: "permission.list",
      tag: "permission",
      summary: "Open permission requests",
      routed: true,
      ok: z.array(PermissionRequest),
    },
    async ({ instance }) => (await instance()).permissions.list(),
  ),
  define(
    {
      method: "post",
      path: "/permission/{requestID}/reply",
      operationId: "permission.reply",
      tag: "permission",
      summary: "Answer a permission request",
      params: permissionID,
      body: PermissionReply,
      routed: true,
      ok: z.boolean(),
      errors: { 404: PermissionNotFoundError },
    },
    async ({ instance, params, body }) => {
      await (await instance()).permissions.reply(params.requestID, { reply: body.reply, ...message(body.message) })
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/permission/{requestID}/always-rules",
      operationId: "permission.saveAlwaysRules",
      tag: "permission",
      summary: "Remember patterns of an open request for good",
      description: "For this project. The request stays open until its reply.",
      params: permissionID,
      body: PermissionAlwaysRules,
      routed: true,
      ok: z.boolean(),
      errors: { 404: PermissionNotFoundError },
    },
    async ({ instance, params, body }) => {
      const rules = { allow: body.approvedAlways ?? [], deny: body.deniedAlways ?? [] }
      await (await instance()).permissions.saveRules(params.requestID, rules)
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/permission/allow-everything",
      operationId: "permission.allowEverything",
      tag: "permission",
      summary: "Allow whatever would be asked",
      description: "In one session, or in the whole project. Refused while the server has no password.",
      body: AllowEverything,
      routed: true,
      ok: z.boolean(),
      errors: { 401: UnauthorizedError, 404: DecisionNotFoundError },
    },
    async ({ engine, instance, secured, body }) => {
      // Whoever happens to reach the port must not be able to switch all questions off.
      if (!secured) return new Reply(401, { _tag: "Unauthorized" })
      const { sessionID } = body
      const { permissions } = await (sessionID === undefined ? instance() : engine.instanceOf(sessionID))
      await permissions.allowEverything({
        enable: body.enable,
        ...(sessionID === undefined ? {} : { sessionID }),
        ...(body.requestID === undefined ? {} : { requestID: body.requestID }),
      })
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/permissions/{permissionID}",
      operationId: "permission.respond",
      tag: "permission",
      summary: "Answer a permission request, found by its session",
      params: z.object({ sessionID: idOf("ses"), permissionID: idOf("per") }),
      body: PermissionResponse,
      ok: z.boolean(),
      errors: { 404: DecisionNotFoundError },
    },
    async ({ engine, params, body }) => {
      const instance = await engine.instanceOf(params.sessionID)
      await instance.permissions.reply(params.permissionID, { reply: body.response })
      return true
    },
  ),
  define(
    {
      method: "get",
      path: "/question",
      operationId: "question.list",
      tag: "question",
      summary: "Open questions",
      routed: true,
      ok: z.array(QuestionRequest),
    },
    async ({ instance }) => (await instance()).questions.list(),
  ),
  define(
    {
      method: "post",
      path: "/question/{requestID}/reply",
      operationId: "question.reply",
      tag: "question",
      summary: "Answer a question",
      params: questionID,
      body: QuestionReply,
      routed: true,
      ok: z.boolean(),
      errors: { 404: QuestionNotFoundError },
    },
    async ({ instance, params, body }) => {
      await (await instance()).questions.reply(params.requestID, body.answers)
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/question/{requestID}/reject",
      operationId: "question.reject",
      tag: "question",
      summary: "Dismiss a question",
      params: questionID,
      routed: true,
      ok: z.boolean(),
      errors: { 404: QuestionNotFoundError },
    },
    async ({ instance, params }) => {
      await (await instance()).questions.reject(params.requestID)
      return true
    },
  ),
]

function message(text: string | undefined) {
  return text ? { message: text } : {}
}
