import type { EngineOptions } from "@kilo-split/engine"

/** Names that older clients give the id in a path, by the first word of the operation. */
const IDS: Record<string, string> = {
  session: "sessionID",
  project: "projectID",
  pty: "ptyID",
  permission: "requestID",
}

/** The client that plugins get: the own server's, which also understands `path: { id }` of older clients. */
export function pluginConnection(
  server: () => { url: string; password?: string; username?: string } | undefined,
): NonNullable<EngineOptions["plugins"]> {
  return async (directory) => {
    const own = server()
    if (!own) return undefined
    const { createKiloClient } = await import("@kilo-split/sdk")
    const { url, password, username } = own
    const client = createKiloClient({
      baseUrl: url,
      directory,
      ...(password ? { password } : {}),
      ...(username ? { username } : {}),
    })
    return { client: forgiving(client, ""), url: new URL(url) }
  }
}

function forgiving(target: object, space: string): object {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value === "function") {
        return (options: unknown, ...rest: unknown[]) => value.call(target, withId(options, space), ...rest)
      }
      return typeof value === "object" && value !== null && typeof name === "string" && !name.startsWith("_")
        ? forgiving(value, space || name)
        : value
    },
  })
}

function withId(options: unknown, space: string): unknown {
  if (typeof options !== "object" || options === null || !("path" in options)) return options
  const { path } = options
  const key = IDS[space]
  if (key === undefined || typeof path !== "object" || path === null || !("id" in path) || key in path) return options
  return { ...options, path: { ...path, [key]: path.id } }
}
