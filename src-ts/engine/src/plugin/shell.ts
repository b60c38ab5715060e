import { spawn } from "node:child_process"

interface Settings {
  cwd: string
  env: Record<string, string | undefined>
  throws: boolean
}

/** What a finished command gives. */
class ShellOutput {
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly exitCode: number
  constructor(stdout: Buffer, stderr: Buffer, exitCode: number) {
    this.stdout = stdout
    this.stderr = stderr
    this.exitCode = exitCode
  }
  text(encoding: BufferEncoding = "utf8"): string {
    return this.stdout.toString(encoding)
  }
  json(): unknown {
    return JSON.parse(this.text())
  }
  bytes(): Uint8Array {
    return new Uint8Array(this.stdout)
  }
  arrayBuffer(): ArrayBuffer {
    return new Uint8Array(this.stdout).buffer
  }
  blob(): Blob {
    return new Blob([new Uint8Array(this.stdout)])
  }
}

/** A command that starts with the first look at its result. */
class Command implements PromiseLike<ShellOutput> {
  readonly #line: string
  #settings: Settings
  #run: Promise<ShellOutput> | undefined

  constructor(line: string, settings: Settings) {
    this.#line = line
    this.#settings = settings
  }
  cwd(cwd: string): this {
    this.#settings = { ...this.#settings, cwd }
    return this
  }
  env(env: Record<string, string> | undefined): this {
    if (env) this.#settings = { ...this.#settings, env }
    return this
  }
  quiet(): this {
    return this
  }
  nothrow(): this {
    return this.throws(false)
  }
  throws(throws: boolean): this {
    this.#settings = { ...this.#settings, throws }
    return this
  }
  async text(encoding?: BufferEncoding): Promise<string> {
    return (await this).text(encoding)
  }
  async json(): Promise<unknown> {
    return (await this).json()
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this).arrayBuffer()
  }
  async blob(): Promise<Blob> {
    return (await this).blob()
  }
  async *lines(): AsyncGenerator<string> {
    const text = (await this).text()
    yield* text.replace(/\n$/, "").split("\n")
  }
  // biome-ignore lint/suspicious/noThenProperty: plugins await a command.
  then<A = ShellOutput, B = never>(
    done?: ((value: ShellOutput) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#run ??= this.#start()
    return this.#run.then(done, failed)
  }
  catch<B>(failed: (reason: unknown) => B): Promise<ShellOutput | B> {
    return this.then(undefined, failed)
  }
  finally(body: () => void): Promise<ShellOutput> {
    return this.then().finally(body)
  }

  #start(): Promise<ShellOutput> {
    const { cwd, env, throws } = this.#settings
    return new Promise((resolve, reject) => {
      const child = spawn("/bin/sh", ["-c", this.#line], { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
      const out: Buffer[] = []
      const err: Buffer[] = []
      child.stdout.on("data", (chunk: Buffer) => out.push(chunk))
      child.stderr.on("data", (chunk: Buffer) => err.push(chunk))
      child.on("error", reject)
      child.on("close", (code) => {
        const output = new ShellOutput(Buffer.concat(out), Buffer.concat(err), code ?? 1)
        if (output.exitCode === 0 || !throws) return resolve(output)
        const message = `The command failed with exit code ${output.exitCode}: ${output.stderr.toString().trim()}`
        reject(
          Object.assign(new Error(message), {
            stdout: output.stdout,
            stderr: output.stderr,
            exitCode: output.exitCode,
          }),
        )
      })
    })
  }
}

/** The `$` that plugins run commands with: values are quoted, arrays are several words, `{ raw }` stays as it is. */
export function createShell(settings: Settings) {
  const $ = (strings: TemplateStringsArray, ...values: unknown[]) =>
    new Command(
      strings.reduce((line, text, index) => line + text + (index < values.length ? word(values[index]) : ""), ""),
      settings,
    )
  return Object.assign($, {
    escape: (text: string) => word(text),
    braces: (pattern: string) => braces(pattern),
    cwd: (cwd = settings.cwd) => createShell({ ...settings, cwd }),
    env: (env = settings.env) => createShell({ ...settings, env }),
    nothrow: () => createShell({ ...settings, throws: false }),
    throws: (throws: boolean) => createShell({ ...settings, throws }),
  })
}

function word(value: unknown): string {
  if (Array.isArray(value)) return value.map(word).join(" ")
  if (typeof value === "object" && value !== null && "raw" in value) return String(value.raw)
  const text = String(value)
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

function braces(pattern: string): string[] {
  const match = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(pattern)
  if (!match) return [pattern]
  const [, before = "", inner = "", after = ""] = match
  return inner.split(",").flatMap((choice) => braces(before + choice + after))
}
