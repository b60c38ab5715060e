import type { EngineOptions } from "../engine.ts"
import { LoginError } from "../error.ts"
import { ask, PATIENCE_MS, type Pending } from "./device.ts"
import type { LoginMethod } from "./types.ts"

export const COPILOT = "github-copilot"

/** Application that asks for the access; KILO_GITHUB_CLIENT_ID puts another one in its place. */
const CLIENT_ID = "Ov23li8tweQw6odWQebz"

export const COPILOT_METHODS: LoginMethod[] = [
  {
    type: "oauth",
    label: "GitHub account",
    prompts: [
      {
        type: "select",
        key: "deploymentType",
        message: "Where is your Copilot subscription?",
        options: [
          { label: "GitHub.com", value: "github.com" },
          { label: "GitHub Enterprise", value: "enterprise", hint: "data residency or own server" },
        ],
      },
      {
        type: "text",
        key: "enterpriseUrl",
        message: "Address of your GitHub Enterprise",
        placeholder: "company.ghe.com",
        when: { key: "deploymentType", op: "eq", value: "enterprise" },
      },
    ],
  },
]

/** GitHub's device flow (RFC 8628). `KILO_GITHUB_URL` points it to loopback for tests. */
export async function startCopilot(inputs: Record<string, string>, env: EngineOptions["env"]): Promise<Pending> {
  const enterprise = inputs.deploymentType === "enterprise" ? hostOf(inputs.enterpriseUrl) : undefined
  const root = env.KILO_GITHUB_URL?.replace(/\/+$/, "") ?? `https://${enterprise ?? "github.com"}`
  const client = env.KILO_GITHUB_CLIENT_ID || CLIENT_ID
  const post = (path: string, body: Record<string, string>, signal?: AbortSignal) =>
    ask(
      COPILOT,
      `${root}${path}`,
      {
        method: "POST",
        headers: { accept: "application/json", "content-type": "application/json" },
        body: JSON.stringify({ client_id: client, ...body }),
      },
      signal,
    )
  const { status, body } = await post("/login/device/code", { scope: "read:user" })
  const { device_code: device, user_code: code, verification_uri: uri } = body
  if (typeof device !== "string" || typeof code !== "string" || typeof uri !== "string" || !/^https?:/.test(uri)) {
    throw failed(`GitHub did not start a login (it answered ${status}). Try again later.`)
  }
  let pause = typeof body.interval === "number" ? body.interval * 1000 : 5_000
  const seconds = typeof body.expires_in === "number" ? body.expires_in : 900
  return {
    start: { url: uri, method: "auto", instructions: `Enter this code: ${code}` },
    expires: Date.now() + Math.min(seconds * 1000, PATIENCE_MS),
    pauseMs: () => pause,
    async poll(signal) {
      const grant = "urn:ietf:params:oauth:grant-type:device_code"
      const answer = await post("/login/oauth/access_token", { device_code: device, grant_type: grant }, signal)
      const token = answer.body.access_token
      if (typeof token === "string" && token !== "") {
        // GitHub's token does not run out by itself.
        return {
          type: "oauth",
          access: token,
          refresh: token,
          expires: 0,
          ...(enterprise ? { enterpriseUrl: enterprise } : {}),
        }
      }
      switch (answer.body.error) {
        case "authorization_pending":
          return undefined
        case "slow_down":
          pause = typeof answer.body.interval === "number" ? answer.body.interval * 1000 : pause + 5_000
          return undefined
        case "expired_token":
          throw failed("The code has expired. Start the login again.")
        case "access_denied":
          throw failed("The login was declined in the browser.")
        default: {
          const words = answer.body.error_description ?? answer.body.error ?? `status ${answer.status}`
          throw failed(`GitHub refused the login: ${String(words)}`)
        }
      }
    },
  }
}

function hostOf(address: string | undefined): string {
  const text = address?.trim() ?? ""
  try {
    const url = new URL(/^https?:\/\//.test(text) ? text : `https://${text}`)
    if (url.hostname.includes(".")) return url.host
  } catch {
    // Falls through to the message.
  }
  throw new LoginError(
    "ProviderAuthValidationFailed",
    COPILOT,
    "Give the address of your GitHub Enterprise, such as company.ghe.com.",
    "enterpriseUrl",
  )
}

function failed(message: string): LoginError {
  return new LoginError("ProviderAuthOauthCallbackFailed", COPILOT, message)
}
