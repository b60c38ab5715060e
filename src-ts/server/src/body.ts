import type { IncomingMessage } from "node:http"
import { RequestError } from "./error.ts"

const MAX_BYTES = 64 * 1024 * 1024

/**
 * The JSON body of a request. Only JSON content types are read, because a web page can send others to any server
 * without asking. An empty body is an empty object where the operation allows it. Throws RequestError.
 */
export async function readBody(request: IncomingMessage, optional = false): Promise<unknown> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BYTES) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  if (size === 0) {
    if (optional) return {}
    throw new RequestError("The request needs a JSON body.", "Payload")
  }
  const type = request.headers["content-type"] ?? ""
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new RequestError(`Unsupported content-type: ${type || "none"}. Send application/json.`, "Payload", 415)
  }
  try {
    return JSON.parse(Buffer.concat(chunks, size).toString("utf8"))
  } catch (error) {
    throw new RequestError(`The body is not JSON: ${error instanceof Error ? error.message : error}`, "Payload")
  }
}

function tooLarge() {
  return new RequestError(`The body is larger than ${MAX_BYTES / 1024 / 1024} MiB.`, "Payload", 413)
}
