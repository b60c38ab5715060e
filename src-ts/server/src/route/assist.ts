import {
  BranchName,
  BranchNameRequest,
  CommitMessage,
  CommitMessageFailure,
  CommitMessageRequest,
  EnhancePrompt,
  idOf,
  NotFoundError,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

/** Texts that a model writes for people outside any session. */
export const assistRoutes: Route[] = [
  define(
    {
      method: "post",
      path: "/enhance-prompt",
      operationId: "enhancePrompt.enhance",
      tag: "assist",
      summary: "Write a draft prompt anew, with the small model",
      body: EnhancePrompt,
      routed: true,
      ok: EnhancePrompt,
    },
    async ({ instance, body, signal }) => ({ text: await (await instance()).assist.enhancePrompt(body.text, signal) }),
  ),
  define(
    {
      method: "post",
      path: "/commit-message",
      operationId: "commitMessage.generate",
      tag: "assist",
      summary: "A commit message for the selected files, else for what is staged, else for all changes",
      body: CommitMessageRequest,
      routed: true,
      ok: CommitMessage,
      errors: { 422: CommitMessageFailure },
    },
    async ({ engine, body, signal }) => {
      const { assist } = await engine.instance(body.path)
      return { message: await assist.commitMessage(body, signal) }
    },
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/branch-name",
      operationId: "branchName.generate",
      tag: "assist",
      summary: "A name for a branch; null when none could be made",
      params: z.object({ sessionID: idOf("ses") }),
      body: BranchNameRequest,
      routed: true,
      ok: BranchName,
      errors: { 404: NotFoundError },
    },
    async ({ engine, params, body, signal }) => {
      const { assist } = await engine.instanceOf(params.sessionID)
      const { providerID, modelID } = body
      const model = providerID && modelID ? { providerID, modelID } : undefined
      return { branch: await assist.branchName(body.prompt, signal, model) }
    },
  ),
]
