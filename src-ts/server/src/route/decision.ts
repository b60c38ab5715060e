import {
  idOf,
  PermissionNotFoundError,
  PermissionReply,
  PermissionRequest,
  PermissionResponse,
  QuestionNotFoundError,
  QuestionReply,
  QuestionRequest,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

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
      path: "/session/{sessionID}/permissions/{permissionID}",
      operationId: "permission.respond",
      tag: "permission",
      summary: "Answer a permission request, found by its session",
      params: z.object({ sessionID: idOf("ses"), permissionID: idOf("per") }),
      body: PermissionResponse,
      ok: z.boolean(),
      errors: { 404: PermissionNotFoundError },
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
