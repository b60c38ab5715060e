/** Ways to connect a provider other than pasting a key (contract: types, ProviderAuthMethod). */
export interface LoginMethod {
  type: "oauth" | "api"
  label: string
  prompts?: LoginPrompt[]
}

interface When {
  key: string
  op: "eq" | "neq"
  value: string
}

export type LoginPrompt =
  | { type: "text"; key: string; message: string; placeholder?: string; when?: When }
  | {
      type: "select"
      key: string
      message: string
      options: { label: string; value: string; hint?: string }[]
      when?: When
    }

/** What the person does now. "auto": the server notices by itself when they are done; "code": they bring a code back. */
export interface LoginStart {
  url: string
  method: "auto" | "code"
  instructions: string
}

export interface LoginService {
  methods(): Record<string, LoginMethod[]>
  /** Begins a login; an earlier one of the same provider is forgotten. Throws LoginError. */
  authorize(providerID: string, method: number, inputs?: Record<string, string>): Promise<LoginStart>
  /** Waits until the person is done, at most as long as the code is good, and stores the credential. Throws LoginError. */
  callback(providerID: string, code?: string, signal?: AbortSignal): Promise<void>
}
