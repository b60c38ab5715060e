import type * as engine from "@kilo-split/engine"
import { describe, expectTypeOf, test } from "vitest"
import type * as schema from "./index.ts"
import type { z } from "./index.ts"

/** What a client reads from the document must be what the engine sends; these fail when `tsc` runs, not at run time. */
describe("the wire schemas have the engine's types", () => {
  test("of sessions and messages", () => {
    expectTypeOf<z.output<typeof schema.Session>>().toEqualTypeOf<engine.Session>()
    expectTypeOf<z.output<typeof schema.SessionStatus>>().toEqualTypeOf<engine.SessionStatus>()
    // The workspace is where the server sends the request, not the engine's business.
    expectTypeOf<
      Omit<z.output<typeof schema.SessionCreateInput>, "workspaceID">
    >().toEqualTypeOf<engine.SessionCreateInput>()
    expectTypeOf<z.output<typeof schema.SessionUpdateInput>>().toEqualTypeOf<engine.SessionUpdateInput>()
    expectTypeOf<z.output<typeof schema.Todo>>().toEqualTypeOf<engine.Todo>()
    expectTypeOf<z.output<typeof schema.UserMessage>>().toEqualTypeOf<engine.UserMessage>()
    expectTypeOf<z.output<typeof schema.Message>>().toExtend<engine.Message>()
    expectTypeOf<engine.Message>().toExtend<z.output<typeof schema.Message>>()
    expectTypeOf<z.output<typeof schema.MessageError>>().toEqualTypeOf<engine.MessageError>()
    expectTypeOf<z.output<typeof schema.Part>>().toExtend<engine.Part>()
    expectTypeOf<engine.Part>().toExtend<z.output<typeof schema.Part>>()
    expectTypeOf<z.output<typeof schema.ToolState>>().toEqualTypeOf<engine.ToolState>()
    expectTypeOf<z.output<typeof schema.PromptInput>>().toExtend<engine.PromptInput>()
    expectTypeOf<engine.PromptInput>().toExtend<z.output<typeof schema.PromptInput>>()
    expectTypeOf<z.output<typeof schema.FileDiff>>().toEqualTypeOf<engine.FileDiff>()
  })

  test("of permissions and questions", () => {
    expectTypeOf<z.output<typeof schema.PermissionRequest>>().toEqualTypeOf<engine.PermissionRequest>()
    expectTypeOf<z.output<typeof schema.PermissionRuleset>>().toEqualTypeOf<engine.PermissionRuleset>()
    expectTypeOf<z.output<typeof schema.PermissionConfig>>().toEqualTypeOf<engine.PermissionConfig>()
    expectTypeOf<z.output<typeof schema.PermissionReply>>().toExtend<engine.PermissionReply>()
    expectTypeOf<z.output<typeof schema.QuestionRequest>>().toEqualTypeOf<engine.QuestionRequest>()
  })

  test("of projects, files, agents, providers and configuration", () => {
    expectTypeOf<z.output<typeof schema.Project>>().toEqualTypeOf<engine.Project>()
    expectTypeOf<z.output<typeof schema.VcsInfo>>().toEqualTypeOf<engine.VcsInfo>()
    expectTypeOf<z.output<typeof schema.VcsFileStatus>>().toEqualTypeOf<engine.VcsFileStatus>()
    expectTypeOf<z.output<typeof schema.FileNode>>().toEqualTypeOf<engine.FileNode>()
    expectTypeOf<z.output<typeof schema.FileContent>>().toEqualTypeOf<engine.FileContent>()
    expectTypeOf<z.output<typeof schema.ChangedFile>>().toEqualTypeOf<engine.ChangedFile>()
    expectTypeOf<z.output<typeof schema.TextMatch>>().toEqualTypeOf<engine.TextMatch>()
    expectTypeOf<z.output<typeof schema.Agent>>().toEqualTypeOf<engine.Agent>()
    expectTypeOf<z.output<typeof schema.Command>>().toEqualTypeOf<engine.Command>()
    expectTypeOf<z.output<typeof schema.Provider>>().toEqualTypeOf<engine.Provider>()
    expectTypeOf<z.output<typeof schema.ProviderList>>().toEqualTypeOf<engine.ProviderList>()
    expectTypeOf<z.output<typeof schema.Auth>>().toEqualTypeOf<engine.Auth>()
    expectTypeOf<z.output<typeof schema.Config>>().toExtend<engine.Config>()
    expectTypeOf<engine.Config>().toExtend<z.output<typeof schema.Config>>()
    expectTypeOf<z.output<typeof schema.ConfigWarning>>().toEqualTypeOf<engine.ConfigWarning>()
  })

  test("of MCP and language servers", () => {
    expectTypeOf<z.output<typeof schema.LspStatus>>().toEqualTypeOf<engine.LspStatus>()
    expectTypeOf<z.output<typeof schema.CodeSymbol>>().toEqualTypeOf<engine.CodeSymbol>()
    expectTypeOf<z.output<typeof schema.McpStatus>>().toEqualTypeOf<engine.McpStatus>()
  })

  test("of every event", () => {
    type Wire = z.output<typeof schema.Event>
    type Own = "server.reload"
    type Properties = { [T in Exclude<Wire["type"], Own>]: Extract<Wire, { type: T }>["properties"] }
    expectTypeOf<keyof Properties>().toEqualTypeOf<engine.EventType>()
    expectTypeOf<engine.EventMap>().toExtend<Properties>()
  })
})
