/** What a person typed wrong: shown without a stack, exit code 2. */
export class UsageError extends Error {
  name = "UsageError"
}

const FORM = /^(?:(?<user>[^@]+)@)?(?<host>\[[^\]]+\]|[^:@]+)(?::(?<port>\d+)(?=:|$))?(?::(?<path>.*))?$/s

/** Reads `user@host:/path`, `host:port:/path` or `host`; the path may be empty (home) or relative to home. */
export function parseAddress(text, port) {
  const found = FORM.exec(text)?.groups
  if (!found || /[\r\n\0]/.test(text))
    throw new UsageError(`--ssh wants user@host:/path or user@host:port:/path, not "${text}".`)
  // The ssh program would take it for an option.
  for (const part of [found.user, found.host])
    if (part?.startsWith("-")) throw new UsageError(`"${part}" is neither a user nor a host.`)
  const number = port ?? found.port
  if (number !== undefined && !(/^\d+$/.test(number) && Number(number) >= 1 && Number(number) <= 65535))
    throw new UsageError(`"${number}" is not a port number.`)
  const host = found.host.replace(/^\[|\]$/g, "")
  return {
    user: found.user,
    host,
    port: number === undefined ? undefined : Number(number),
    path: found.path ?? "",
    target: found.user ? `${found.user}@${host}` : host,
  }
}
