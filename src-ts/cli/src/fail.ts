/** An error whose message is written for the user: it is printed as one sentence, without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError"
}

/** Runs a command; a failure ends the process with one clear sentence on stderr and exit code 1. */
export async function main(body: () => Promise<number>): Promise<void> {
  // A reader that goes away (`kilo models | head`) is no error.
  process.stdout.on("error", ignoreBrokenPipe)
  process.stderr.on("error", ignoreBrokenPipe)
  try {
    process.exitCode = await body()
  } catch (error) {
    process.stderr.write(`Error: ${sentence(error)}\n`)
    process.exitCode = 1
  }
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException) {
  if (error.code !== "EPIPE") throw error
}

export function sentence(error: unknown): string {
  if (process.env.KILO_DEBUG && error instanceof Error) return error.stack ?? error.message
  return error instanceof Error ? error.message : String(error)
}

/** Ends the process once everything is written; connections that are kept for reuse must not hold it. */
export async function exitWhenWritten(): Promise<never> {
  const written = (stream: NodeJS.WriteStream) => new Promise<void>((done) => stream.write("", () => done()))
  await Promise.all([written(process.stdout), written(process.stderr)])
  process.exit()
}
