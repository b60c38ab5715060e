import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { withEngine, withInstance } from "./engine.ts"
import { UserError } from "./fail.ts"

/** A session of 10,000 messages takes about a tenth of this. */
const MAX_BYTES = 256 * 1024 * 1024

/** `kilo export [sessionID]`: one session as JSON on stdout; the directory's newest when none is named. */
export function exportSession(sessionID: string | undefined): Promise<number> {
  return withEngine(async (engine) => {
    await engine.legacy()
    const here = await engine.instance(process.cwd())
    const id = sessionID ?? here.sessions.list({ roots: true, limit: 1 })[0]?.id
    if (!id) throw new UserError("There is no session in this directory. Name one: kilo export <sessionID>")
    const owner = await engine.instanceOf(id)
    const value = await owner.sessions.export(id)
    const text = `${JSON.stringify(value, null, 2)}\n`
    await new Promise<void>((done) => process.stdout.write(text, () => done()))
    process.stderr.write(`Exported ${id}: ${value.info.title}\n`)
    return 0
  })
}

/** `kilo import <file>`: stores an exported session in this directory and prints its new id. "-" is stdin. */
export async function importSession(file: string): Promise<number> {
  const text = await read(file)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UserError(`${file} is not JSON: ${error instanceof Error ? error.message : error}`)
  }
  return withInstance(async (instance) => {
    const session = await instance.sessions.import(value).catch((error: unknown) => {
      throw new UserError(`${file}: ${error instanceof Error ? error.message : error}`)
    })
    process.stdout.write(`${session.id}\n`)
    process.stderr.write(`Imported: ${session.title}\n`)
    return 0
  })
}

async function read(file: string): Promise<string> {
  const info = file === "-" ? undefined : await stat(file).catch(() => undefined)
  if (file !== "-" && !info?.isFile())
    throw new UserError(`${file} is not a file. Give a file that kilo export wrote, or - for stdin.`)
  const stream: AsyncIterable<Buffer> = file === "-" ? process.stdin : createReadStream(file)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > MAX_BYTES) throw new UserError(`${file} is larger than ${MAX_BYTES / 1024 / 1024} MiB.`)
    chunks.push(Buffer.from(chunk))
  }
  return Buffer.concat(chunks, size).toString("utf8")
}
