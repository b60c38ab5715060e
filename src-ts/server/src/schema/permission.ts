import { anyJson, idOf, record, z } from "./base.ts"

/** Permissions and questions (contract: types, Permission, Question). */
export const PermissionAction = z.enum(["allow", "deny", "ask"]).openapi("PermissionAction")

export const PermissionRule = z
  .object({ permission: z.string(), pattern: z.string(), action: PermissionAction })
  .openapi("PermissionRule")

export const PermissionRuleset = z.array(PermissionRule)

/** One action for everything, or per tool an action or patterns with actions. */
export const PermissionConfig = anyJson(
  z.union([
    z.enum(["allow", "deny", "ask"]),
    z.record(
      z.string(),
      z.union([z.enum(["allow", "deny", "ask"]), z.record(z.string(), z.enum(["allow", "deny", "ask"]))]),
    ),
  ]),
)

export const ToolCallRef = z.object({ messageID: z.string(), callID: z.string() }).openapi("ToolCallRef")

export const PermissionRequest = z
  .object({
    id: z.string(),
    sessionID: z.string(),
    permission: z.string(),
    patterns: z.array(z.string()),
    metadata: record,
    always: z.array(z.string()),
    tool: ToolCallRef.optional(),
  })
  .openapi("PermissionRequest", {
    description: "`patterns` is what is asked now, `always` what answering with always would store.",
  })

const Reply = z.enum(["once", "always", "reject"])

export const PermissionReply = z
  .object({ reply: Reply, message: z.string().optional(), interactive: z.boolean().optional() })
  .openapi("PermissionReplyInput")

export const PermissionResponse = z.object({ response: Reply }).openapi("PermissionRespondInput")

export const PermissionAlwaysRules = z
  .object({ approvedAlways: z.array(z.string()).optional(), deniedAlways: z.array(z.string()).optional() })
  .openapi("PermissionAlwaysRulesInput")

export const AllowEverything = z
  .object({ enable: z.boolean(), requestID: idOf("per").optional(), sessionID: idOf("ses").optional() })
  .openapi("AllowEverythingInput")

export const QuestionOption = z
  .object({
    label: z.string(),
    description: z.string(),
    labelKey: z.string().optional(),
    descriptionKey: z.string().optional(),
    mode: z.string().optional(),
  })
  .openapi("QuestionOption")

export const QuestionInfo = z
  .object({
    question: z.string(),
    header: z.string(),
    options: z.array(QuestionOption),
    multiple: z.boolean().optional(),
    default: z.string().optional(),
    questionKey: z.string().optional(),
    headerKey: z.string().optional(),
    custom: z.boolean().optional(),
  })
  .openapi("QuestionInfo")

export const QuestionRequest = z
  .object({
    id: z.string(),
    sessionID: z.string(),
    questions: z.array(QuestionInfo),
    blocking: z.boolean().optional(),
    tool: ToolCallRef.optional(),
  })
  .openapi("QuestionRequest")

export const QuestionReply = z.object({ answers: z.array(z.array(z.string())) }).openapi("QuestionReplyInput")
