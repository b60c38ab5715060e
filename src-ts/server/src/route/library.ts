import {
  Agent,
  AgentBuilderInput,
  AgentRemoveInput,
  Command,
  CommandFile,
  LocationInput,
  SavedAgent,
  Skill,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

/** Agents, commands and skills: what there is, and the files that users write for them. */
export const libraryRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/agent",
      operationId: "app.agents",
      tag: "agent",
      summary: "Agents, the default one first",
      routed: true,
      ok: z.array(Agent),
    },
    async ({ instance }) => (await instance()).agents(),
  ),
  define(
    {
      method: "get",
      path: "/command",
      operationId: "command.list",
      tag: "command",
      summary: "Slash commands",
      routed: true,
      ok: z.array(Command),
    },
    async ({ instance }) => (await instance()).commands(),
  ),
  define(
    {
      method: "get",
      path: "/skill",
      operationId: "app.skills",
      tag: "skill",
      summary: "Skills",
      routed: true,
      ok: z.array(Skill),
    },
    async ({ instance }) => (await instance()).library.skills(),
  ),
  define(
    {
      method: "put",
      path: "/agent-builder/{id}",
      operationId: "agentBuilder.save",
      tag: "agent",
      summary: "Write the Markdown file of an agent",
      params: z.object({ id: z.string() }),
      body: AgentBuilderInput,
      routed: true,
      ok: SavedAgent,
    },
    async ({ instance, params, body }) => {
      const { id: _, steps, ...draft } = body
      const limit = typeof steps === "number" && Number.isInteger(steps) && steps > 0 ? { steps } : {}
      return (await instance()).library.saveAgent(params.id, { ...draft, ...limit })
    },
  ),
  define(
    {
      method: "post",
      path: "/kilocode/agent/remove",
      operationId: "kilocode.removeAgent",
      tag: "agent",
      summary: "Remove the files of an agent",
      body: AgentRemoveInput,
      routed: true,
      ok: z.boolean(),
    },
    async ({ instance, body }) => {
      await (await instance()).library.removeAgent(body.name, body.scope)
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/kilocode/skill/remove",
      operationId: "kilocode.removeSkill",
      tag: "skill",
      summary: "Remove a skill with its folder",
      body: LocationInput,
      routed: true,
      ok: z.boolean(),
    },
    async ({ instance, body }) => {
      await (await instance()).library.removeSkill(body.location)
      return true
    },
  ),
  define(
    {
      method: "get",
      path: "/kilocode/command/files",
      operationId: "kilocode.commandFiles",
      tag: "command",
      summary: "Commands with their files",
      routed: true,
      ok: z.array(CommandFile),
    },
    async ({ instance }) => (await instance()).library.commandFiles(),
  ),
  define(
    {
      method: "post",
      path: "/kilocode/command/remove",
      operationId: "kilocode.removeCommand",
      tag: "command",
      summary: "Remove the file of a command",
      body: LocationInput,
      routed: true,
      ok: z.boolean(),
    },
    async ({ instance, body }) => {
      await (await instance()).library.removeCommand(body.location)
      return true
    },
  ),
]
