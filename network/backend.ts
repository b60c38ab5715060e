import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdir } from "node:fs/promises"
import { bundledCli, fakeConfig, type TempHome, tempHome, until } from "../src-ts/testkit/src/index.ts"
import { classPath, java } from "./window.ts"

/** The stand-alone backend as a process of its own, with the bundled CLI. */
export interface FarBackend extends AsyncDisposable {
  readonly pid: number
  /** host:port on which it listens, encrypted. */
  readonly address: string
  /** SHA-256 of its certificate. */
  readonly fingerprint: string
  readonly token: string
  readonly home: TempHome
  readonly output: string
  /** Ends it without any chance to clean up; its CLI follows because its parent is gone. */
  kill9(): Promise<void>
}

export interface BackendOptions {
  /** Where the fake model answers. */
  model: string
  home?: TempHome
  listen?: string
  token?: string
  args?: string[]
}

/** Starts the backend, with TLS as on a network. It listens on a free port of loopback unless told otherwise. */
export async function startBackend(options: BackendOptions): Promise<FarBackend> {
  const home = options.home ?? (await tempHome())
  const token = options.token ?? randomUUID()
  await mkdir(home.path("tmp"), { recursive: true })
  const child = spawn(
    java,
    [
      "-Xmx256m",
      "-cp",
      classPath(),
      "dev.kilo.backend.host.MainKt",
      "--listen",
      options.listen ?? "127.0.0.1:0",
      "--tls",
      ...(options.args ?? []),
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...home.env,
        KILO_TOKEN: token,
        KILO_CLI: bundledCli(),
        KILO_CONFIG_CONTENT: JSON.stringify(fakeConfig(options.model)),
      },
    },
  )
  let output = ""
  let over = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-20_000)
    })
  }
  const exited = new Promise<void>((done) => {
    child.once("close", () => {
      over = true
      done()
    })
  })
  const line = /listening on wss:\/\/(\S+) sha256:([0-9a-f]{64})/
  await until(() => line.test(output) || over, { deadline: 30_000, what: "the backend's address" })
  const [, address = "", fingerprint = ""] = line.exec(output) ?? []
  if (address === "") throw new Error(`The backend ended: ${output}`)
  return {
    pid: child.pid ?? 0,
    address,
    fingerprint,
    token,
    home,
    get output() {
      return output
    },
    async kill9() {
      child.kill("SIGKILL")
      await exited
    },
    async [Symbol.asyncDispose]() {
      if (!over) {
        child.kill("SIGTERM")
        const timer = setTimeout(() => child.kill("SIGKILL"), 10_000)
        await exited
        clearTimeout(timer)
      }
      if (!options.home) await home[Symbol.asyncDispose]()
    },
  }
}
