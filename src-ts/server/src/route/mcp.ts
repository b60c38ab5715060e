import {
  McpAddInput,
  McpAuthCode,
  McpAuthRemoved,
  McpAuthStart,
  McpServerNotFoundError,
  McpStatus,
  McpStatuses,
  McpUnsupportedOAuthError,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

const params = z.object({ name: z.string() })
const unknown = { 404: McpServerNotFoundError }
const unable = { ...unknown, 400: McpUnsupportedOAuthError }

export const mcpRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/mcp",
      operationId: "mcp.status",
      tag: "mcp",
      summary: "State of every MCP server",
      routed: true,
      ok: McpStatuses,
    },
    async ({ instance }) => (await instance()).mcp.status(),
  ),
  define(
    {
      method: "post",
      path: "/mcp",
      operationId: "mcp.add",
      tag: "mcp",
      summary: "Add an MCP server for as long as the instance lives, and connect it",
      body: McpAddInput,
      routed: true,
      ok: McpStatuses,
    },
    async ({ instance, body }) => {
      const { oauth, ...config } = { oauth: undefined, ...body.config }
      return (await instance()).mcp.add(body.name, { ...config, ...(oauth === undefined ? {} : { oauth }) })
    },
  ),
  define(
    {
      method: "post",
      path: "/mcp/{name}/connect",
      operationId: "mcp.connect",
      tag: "mcp",
      summary: "Connect a server; for one that the project defines this is the approval to start it",
      params,
      routed: true,
      ok: z.boolean(),
      errors: unknown,
    },
    async ({ instance, params }) => (await instance()).mcp.connect(params.name),
  ),
  define(
    {
      method: "post",
      path: "/mcp/{name}/disconnect",
      operationId: "mcp.disconnect",
      tag: "mcp",
      summary: "Stop a server until it is connected again",
      params,
      routed: true,
      ok: z.boolean(),
      errors: unknown,
    },
    async ({ instance, params }) => (await instance()).mcp.disconnect(params.name),
  ),
  define(
    {
      method: "post",
      path: "/mcp/{name}/auth",
      operationId: "mcp.auth.start",
      tag: "mcp",
      summary: "Begin a login: the address to open in a browser",
      params,
      routed: true,
      ok: McpAuthStart,
      errors: unable,
    },
    async ({ instance, params }) => (await instance()).mcp.startAuth(params.name),
  ),
  define(
    {
      method: "post",
      path: "/mcp/{name}/auth/callback",
      operationId: "mcp.auth.callback",
      tag: "mcp",
      summary: "Finish a login with the code that the browser brought back",
      params,
      body: McpAuthCode,
      routed: true,
      ok: McpStatus,
      errors: unable,
    },
    async ({ instance, params, body }) => (await instance()).mcp.finishAuth(params.name, body.code),
  ),
  define(
    {
      method: "post",
      path: "/mcp/{name}/auth/authenticate",
      operationId: "mcp.auth.authenticate",
      tag: "mcp",
      summary: "Log in through the browser of the server's machine, and wait for the end",
      params,
      routed: true,
      ok: McpStatus,
      errors: unable,
    },
    async ({ instance, params }) => (await instance()).mcp.authenticate(params.name),
  ),
  define(
    {
      method: "delete",
      path: "/mcp/{name}/auth",
      operationId: "mcp.auth.remove",
      tag: "mcp",
      summary: "Forget the login to a server",
      params,
      routed: true,
      ok: McpAuthRemoved,
      errors: unknown,
    },
    async ({ instance, params }) => {
      await (await instance()).mcp.removeAuth(params.name)
      return { success: true }
    },
  ),
]
