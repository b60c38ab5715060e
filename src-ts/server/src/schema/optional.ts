import { int64, queryInt, z } from "./base.ts"

/** Boards, marketplace and cloud sessions (contract: core sections 9 and 11). */
const BoardMessage = z
  .object({
    id: z.string(),
    timestamp: int64,
    from: z.string(),
    to: z.string(),
    fromLabel: z.string().optional(),
    toLabel: z.string().optional(),
    type: z.enum(["INFO", "ASK", "RESULT", "HOLD", "VETO"]),
    body: z.string(),
    reply_to: z.string().optional(),
  })
  .openapi("BoardMessage")

export const SessionBoard = z
  .object({
    ownerSessionID: z.string(),
    revision: int64,
    messages: z.array(BoardMessage),
    cursor: z.string().optional(),
    hasMore: z.boolean(),
  })
  .openapi("SessionBoard")

export const BoardPage = z.object({ before: z.string().min(1).max(200).optional(), limit: queryInt.optional() })
export const BoardReset = z.object({ revision: int64.min(0) }).openapi("BoardReset")

const Installed = z.record(z.string(), z.object({ type: z.string() }).openapi("MarketplaceInstalledItem"))
export const MarketplaceList = z
  .object({
    items: z.array(z.record(z.string(), z.unknown())),
    installed: z.object({ project: Installed, global: Installed }).openapi("MarketplaceInstalled"),
    errors: z.array(z.string()).optional(),
  })
  .openapi("MarketplaceListResult")

const CloudSession = z
  .object({
    session_id: z.string(),
    title: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
    version: int64,
  })
  .openapi("CloudSession")

export const CloudSessions = z
  .object({ cliSessions: z.array(CloudSession), nextCursor: z.string().nullable() })
  .openapi("CloudSessions")
export const CloudPage = z.object({
  cursor: z.string().optional(),
  limit: queryInt.optional(),
  gitUrl: z.string().optional(),
})
export const CloudImport = z.object({ sessionId: z.string().min(1).max(200) }).openapi("CloudImport")
export const CloudImported = z
  .object({
    id: z.string(),
    title: z.string(),
    time: z.object({ created: int64, updated: int64 }).openapi("CloudImportedTime"),
  })
  .openapi("CloudImported")
