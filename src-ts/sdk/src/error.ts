/** A request that failed: what the server said, or why there is no answer. `name` and `data` are the server's own where it gave them. */
export class KiloError extends Error {
  /** HTTP status; undefined when nobody answered. */
  readonly status: number | undefined
  /** The server's error body, whole. */
  readonly body: unknown
  readonly data?: { message?: string } & Record<string, unknown>
  /** Name of errors that carry a tag instead. */
  readonly _tag?: string

  constructor(message: string, details: { status?: number | undefined; body?: unknown; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = "KiloError"
    this.status = details.status
    this.body = details.body
    if (!isObject(details.body)) return
    const { name, data, _tag } = details.body
    if (typeof name === "string") this.name = name
    else if (typeof _tag === "string") this.name = _tag
    if (isObject(data)) this.data = data
    if (typeof _tag === "string") this._tag = _tag
  }
}

/** Turns what the generated client throws into a KiloError that says what to do. */
export function explain(error: unknown, request: Request | undefined, response: Response | undefined): unknown {
  if (error instanceof KiloError) return error
  if (error instanceof Error && error.name === "AbortError") return error
  const url = request ? URL.parse(request.url) : null
  const what = url ? `${request?.method} ${url.pathname}` : "The request"
  if (!response) {
    const cause = error instanceof Error ? error : undefined
    return new KiloError(`${what}: ${url?.origin ?? "the server"} can't be reached. Is kilo serve running there?`, {
      cause,
    })
  }
  const { status } = response
  const said = messageOf(error)
  if (said) return new KiloError(said, { status, body: error })
  const hint = status === 401 ? "Check username and password." : "The body is empty; the server's log may say more."
  return new KiloError(`${what} answered ${status}. ${hint}`, { status, body: error })
}

/** Answers that are no answers of this API: a page of a proxy, or nothing where there should be JSON. */
export function checked(response: Response, request: Request): Response {
  const what = `${request.method} ${new URL(request.url).pathname}`
  const type = response.headers.get("content-type") ?? ""
  if (type.startsWith("text/html")) {
    throw new KiloError(`${what} was answered with a web page. Is this the address of kilo serve?`, {
      status: response.status,
    })
  }
  if (response.status === 200 && response.headers.get("content-length") === "0") {
    throw new KiloError(`${what} was answered with nothing. Is something between this program and kilo serve?`, {
      status: 200,
    })
  }
  return response
}

function messageOf(body: unknown): string | undefined {
  if (typeof body === "string") return body.slice(0, 500) || undefined
  if (!isObject(body)) return undefined
  const { message, data, error, name, _tag } = body
  if (isObject(data) && typeof data.message === "string") return data.message
  return [message, error, name, _tag].find((value) => typeof value === "string" && value !== "") as string | undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
