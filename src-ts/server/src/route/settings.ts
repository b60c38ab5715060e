import { join } from "node:path"
import {
  AgentFile,
  McpOffer,
  ProviderProbe,
  ProviderProbeInput,
  SavedFile,
  SavedRuleKey,
  SavedRules,
  ServerStatus,
  TextFileInput,
  Usage,
  UsageQuery,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

const DAY_MS = 86_400_000
const named = z.object({ name: z.string().min(1).max(200) })

/** What settings and status pages ask and change beside the configuration itself. */
export const settingsRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/settings/status",
      operationId: "settings.status",
      tag: "settings",
      summary: "How this server runs: process, memory, folders and files",
      ok: ServerStatus,
    },
    ({ engine }) => {
      const { paths } = engine
      const memory = process.memoryUsage()
      const { file, size } = engine.storage()
      return {
        pid: process.pid,
        version: engine.version,
        runtime: `Node ${process.versions.node}`,
        platform: `${process.platform} ${process.arch}`,
        uptime: Math.round(process.uptime() * 1000),
        memory: memory.rss,
        heap: memory.heapUsed,
        data: paths.data,
        config: paths.config,
        log: join(paths.log, "kilo.log"),
        database: file,
        databaseSize: size,
        directories: { data: paths.data, config: paths.config, state: paths.state, cache: paths.cache, log: paths.log },
      }
    },
  ),
  define(
    {
      method: "get",
      path: "/settings/usage",
      operationId: "settings.usage",
      tag: "settings",
      summary: "Tokens and cost by day, model and session",
      query: UsageQuery,
      routed: true,
      ok: Usage,
    },
    ({ engine, query, directory }) => {
      const days = Math.min(3650, Math.max(1, query.days ?? 30))
      const since = Date.now() - days * DAY_MS
      return engine.spent(query.scope === "all" ? { since } : { since, directory })
    },
  ),
  define(
    {
      method: "post",
      path: "/settings/provider/probe",
      operationId: "settings.providerProbe",
      tag: "settings",
      summary: "Ask an OpenAI-compatible server for its models; nothing is stored",
      body: ProviderProbeInput,
      routed: true,
      ok: ProviderProbe,
    },
    async ({ instance, body, signal }) => (await instance()).providers.probe(body, signal),
  ),
  define(
    {
      method: "get",
      path: "/settings/mcp",
      operationId: "settings.mcp",
      tag: "settings",
      summary: "MCP servers with their state and what they offer",
      routed: true,
      ok: z.array(McpOffer),
    },
    async ({ instance }) => (await instance()).mcp.offers(),
  ),
  define(
    {
      method: "get",
      path: "/settings/permission",
      operationId: "settings.permissions",
      tag: "settings",
      summary: "What the user has allowed or denied for good in this project, the newest last",
      routed: true,
      ok: SavedRules,
    },
    async ({ instance }) => (await instance()).permissions.saved(),
  ),
  define(
    {
      method: "post",
      path: "/settings/permission/remove",
      operationId: "settings.permissionRemove",
      tag: "settings",
      summary: "Take such a decision back",
      body: SavedRuleKey,
      routed: true,
      ok: z.boolean(),
    },
    async ({ instance, body }) => {
      ;(await instance()).permissions.forget(body.permission, body.pattern)
      return true
    },
  ),
  define(
    {
      method: "get",
      path: "/settings/agent/files",
      operationId: "settings.agentFiles",
      tag: "settings",
      summary: "Files that describe agents, strongest last, with their text",
      routed: true,
      ok: z.array(AgentFile),
    },
    async ({ instance }) => (await instance()).library.agentFiles(),
  ),
  define(
    {
      method: "put",
      path: "/settings/agent/{name}",
      operationId: "settings.agentSave",
      tag: "settings",
      summary: "Write the Markdown file of an agent as it stands",
      params: named,
      body: TextFileInput,
      routed: true,
      ok: SavedFile,
    },
    async ({ instance, params, body }) => ({
      path: await (await instance()).library.saveAgentText(params.name, body.scope, body.content),
    }),
  ),
  define(
    {
      method: "put",
      path: "/settings/command/{name}",
      operationId: "settings.commandSave",
      tag: "settings",
      summary: "Write the Markdown file of a command",
      params: named,
      body: TextFileInput,
      routed: true,
      ok: SavedFile,
    },
    async ({ instance, params, body }) => ({
      path: await (await instance()).library.saveCommand(params.name, body.scope, body.content),
    }),
  ),
  define(
    {
      method: "put",
      path: "/settings/skill/{name}",
      operationId: "settings.skillSave",
      tag: "settings",
      summary: "Write the SKILL.md of a skill",
      params: named,
      body: TextFileInput,
      routed: true,
      ok: SavedFile,
    },
    async ({ instance, params, body }) => ({
      path: await (await instance()).library.saveSkill(params.name, body.scope, body.content),
    }),
  ),
]
