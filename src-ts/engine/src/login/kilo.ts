import { LoginError } from "../error.ts"
import { KILO } from "../gateway/index.ts"
import { ask, PATIENCE_MS, type Pending } from "./device.ts"

const PAUSE_MS = 3_000
/** A device's token is good for a year; the service tells no end of it. */
const TOKEN_MS = 365 * 24 * 3600_000

/** Device login of the Kilo service: a code that the person confirms in the browser. `pauseMs` is for tests. */
export async function startKilo(base: string, pauseMs = PAUSE_MS): Promise<Pending> {
  const codes = `${base}/api/device-auth/codes`
  const { status, body } = await ask(KILO, codes, { method: "POST", headers: { "content-type": "application/json" } })
  if (status === 429) throw failed("Too many logins have been started from here. Wait some minutes, then try again.")
  const { code, verificationUrl } = body
  if (typeof code !== "string" || typeof verificationUrl !== "string" || !/^https?:/.test(verificationUrl)) {
    throw failed(`The Kilo service did not start a login (it answered ${status}). Try again later.`)
  }
  const seconds = typeof body.expiresIn === "number" ? body.expiresIn : 300
  return {
    start: {
      url: verificationUrl,
      method: "auto",
      instructions: `Confirm the login in the browser. It shows the code: ${code}`,
    },
    expires: Date.now() + Math.min(seconds * 1000, PATIENCE_MS),
    pauseMs: () => pauseMs,
    async poll(signal) {
      const answer = await ask(KILO, `${codes}/${encodeURIComponent(code)}`, {}, signal)
      if (answer.status === 202) return undefined
      if (answer.status === 403) throw failed("The login was declined in the browser.")
      if (answer.status === 410) throw failed("The code has expired. Start the login again.")
      const token = answer.body.token
      if (answer.status !== 200) throw failed(`The Kilo service answered ${answer.status}. Try again later.`)
      if (answer.body.status === "pending") return undefined
      if (typeof token !== "string" || token === "")
        throw failed("The Kilo service confirmed the login without a token.")
      return { type: "oauth", access: token, refresh: token, expires: Date.now() + TOKEN_MS }
    },
  }
}

function failed(message: string): LoginError {
  return new LoginError("ProviderAuthOauthCallbackFailed", KILO, message)
}
