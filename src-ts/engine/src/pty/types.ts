/** A terminal that runs on the server (contract: types, Pty). */
export interface Pty {
  id: string
  title: string
  command: string
  args: string[]
  cwd: string
  status: "running" | "exited"
  pid: number
  exitCode?: number
  sessionID?: string | null
}

export interface PtySize {
  rows: number
  cols: number
}

export interface PtyCreateInput {
  command?: string
  args?: string[]
  cwd?: string
  title?: string
  env?: Record<string, string>
  size?: PtySize
}

export interface PtyUpdateInput {
  title?: string
  size?: PtySize
  sessionID?: string | null
}

export interface Shell {
  path: string
  name: string
  acceptable: boolean
}

/** Somebody who watches a terminal. */
export interface PtyViewer {
  data(text: string): void
  /** The terminal's process has ended. */
  end(): void
}

export interface PtyConnection {
  /** What the viewer has missed from its position on, and the position after it. Told once, before any `data`. */
  readonly backlog: string
  readonly cursor: number
  write(text: string): void
  close(): void
}

/** Terminals of all directories; each belongs to one. */
export interface PtyService {
  list(directory: string): Pty[]
  shells(): Promise<Shell[]>
  /** Throws BadRequestError when the command or the folder can't be used. */
  create(scope: { directory: string; project?: string }, input: PtyCreateInput): Promise<Pty>
  /** Throws PtyNotFoundError, like everything below. */
  get(id: string): Pty
  update(id: string, input: PtyUpdateInput): Pty
  /** Ends the process with everything that it started. */
  remove(id: string): Promise<void>
  /** A word that opens one connection to one terminal within a minute, without credentials. */
  ticket(id: string): { ticket: string; expires_in: number }
  /** Whether a ticket opens this terminal; it never does so again. */
  redeem(id: string, ticket: string): boolean
  /** `from` is a position in the output; older output than is kept is left out. */
  connect(id: string, from: number, viewer: PtyViewer): PtyConnection
  closeDirectory(directory: string): Promise<void>
  close(): Promise<void>
}
