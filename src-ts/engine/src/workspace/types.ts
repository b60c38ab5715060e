/** Wire shape (contract: types, Workspace). */
export interface Workspace {
  id: string
  type: string
  name: string
  branch: string | null
  /** Directory here for a local one; the one on the other server, where configured, for a remote one. */
  directory: string | null
  extra: null
  projectID: string
  /** Epoch milliseconds of the last request that went there since the start; 0 before. */
  timeUsed: number
}

export interface WorkspaceConnection {
  workspaceID: string
  status: "connected" | "connecting" | "disconnected" | "error"
}

/** Another server of this API. `headers` hold its credentials: they go there and nowhere else, and into no log. */
export interface WorkspaceTarget {
  url: URL
  headers: Record<string, string>
  directory?: string
}

/** How requests for a workspace are answered. */
export type WorkspacePlan = { kind: "local"; directory: string } | { kind: "remote"; target: WorkspaceTarget }

/** One entry of the user's file of workspaces, as it stands there. */
export type WorkspaceEntry = { type: string; name?: string } & Record<string, unknown>

/** A kind of workspace: what its entries mean. Throws BadRequestError for an entry that is no use, naming the field. */
export interface WorkspaceAdapter {
  readonly type: string
  plan(id: string, entry: WorkspaceEntry): WorkspacePlan
}

/** Workspaces of the user, read from `workspaces.json` in the data folder. Reads notice changes to the file. */
export interface WorkspaceService {
  /** No request is routed anywhere while there is none; costs one look at the file's date. */
  any(): boolean
  list(): Promise<Workspace[]>
  status(signal?: AbortSignal): Promise<WorkspaceConnection[]>
  /** How to answer requests for it. Throws WorkspaceNotFoundError, and BadRequestError when its entry is no use. */
  plan(id: string): WorkspacePlan
  /** Workspace on another server in which a session was made, if it was made through this one. */
  of(sessionID: string): string | undefined
  remember(sessionID: string, id: string): void
  forget(sessionID: string): void
}
