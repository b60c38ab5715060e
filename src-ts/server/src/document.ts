import { OpenAPIHono } from "@hono/zod-openapi"
import { type Route, routes } from "./route/index.ts"
import { ANY, BadRequestError, ServerError, z } from "./schema/index.ts"

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The OpenAPI document of the routes, with sorted keys so that it only differs when the API does. */
export function openapi(version: string): Json {
  const app = new OpenAPIHono()
  app.openAPIRegistry.registerComponent("securitySchemes", "basic", { type: "http", scheme: "basic" })
  for (const route of routes) register(app, route)
  const tags = [...new Set(routes.map((route) => route.spec.tag))].sort()
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Kilo",
      version,
      description:
        "HTTP API of `kilo serve`. Times are epoch milliseconds. `?workspace=` or the header x-kilo-workspace sends any request to a workspace: a directory here, or another server.",
      license: LICENSE,
    },
    servers: [{ url: "http://127.0.0.1:4096" }],
    tags: tags.map((name) => ({ name })),
    security: [{ basic: [] }],
  })
  const plain: Json = JSON.parse(JSON.stringify(document))
  return plain && typeof plain === "object" && !Array.isArray(plain) ? sorted(plain) : plain
}

function register(app: OpenAPIHono, { spec }: Route) {
  const directory = z.string().optional().openapi({
    description:
      "Directory that the request is about; the server's own when missing. The header x-kilo-directory does the same.",
  })
  const query = spec.routed ? (spec.query ?? z.object({})).extend({ directory }) : spec.query
  const json = (schema: z.ZodType) => ({ "application/json": { schema } })
  const headers = spec.okHeaders
    ? Object.fromEntries(
        Object.entries(spec.okHeaders).map(([name, description]) => [
          name,
          { description, schema: { type: "string" as const } },
        ]),
      )
    : undefined
  app.openAPIRegistry.registerPath({
    method: spec.method,
    path: spec.path,
    operationId: spec.operationId,
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.description ? { description: spec.description.replaceAll("\n", " ") } : {}),
    request: {
      ...(spec.params ? { params: spec.params } : {}),
      ...(query ? { query } : {}),
      ...(spec.body ? { body: { required: !spec.bodyOptional, content: json(spec.body) } } : {}),
    },
    responses: {
      ...(spec.ok === null
        ? { 204: { description: "Accepted" } }
        : {
            200: {
              description: "Success",
              content: { [spec.okType ?? "application/json"]: { schema: spec.ok } },
              ...(headers ? { headers } : {}),
            },
          }),
      ...(spec.errors?.[400]
        ? {}
        : { 400: { description: "The request is malformed", content: json(BadRequestError) } }),
      401: { description: "No or wrong credentials; the body is empty" },
      ...Object.fromEntries(
        Object.entries(spec.errors ?? {}).map(([status, schema]) => [
          status,
          { description: ERRORS[Number(status)] ?? "Failed", content: json(schema) },
        ]),
      ),
      500: { description: "The server failed", content: json(ServerError) },
    },
  })
}

/** The generator's types know the `identifier` of OpenAPI 3.1 not yet. */
const LICENSE = { name: "Apache-2.0", identifier: "Apache-2.0" }

const ERRORS: Record<number, string> = {
  400: "The request is malformed or can't be done",
  401: "Not logged in",
  403: "Not allowed",
  404: "Not found",
  409: "Not possible now",
  422: "Not possible with what there is",
}

/**
 * Sorts keys and takes out what code generators stumble over: `additionalProperties` beside `properties`, empty
 * sections, and the marks of schemas that are any JSON. Lists keep their order, `required` and parameters included.
 */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== "object") return value
  if (ANY in value) return value.description === undefined ? {} : { description: value.description }
  const out: { [key: string]: Json } = {}
  for (const key of Object.keys(value).sort()) {
    const entry = value[key]
    if (entry === undefined) continue
    if (key === "additionalProperties" && isObject(value.properties) && value.type === "object") continue
    if ((key === "webhooks" || key === "parameters") && isObject(entry) && Object.keys(entry).length === 0) continue
    out[key] = sorted(entry)
  }
  return out
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
