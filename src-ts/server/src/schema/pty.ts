import { int64, stringMap, z } from "./base.ts"

/** Terminals (contract: types, Pty). */
export const Pty = z
  .object({
    id: z.string(),
    title: z.string(),
    command: z.string(),
    args: z.array(z.string()),
    cwd: z.string(),
    status: z.enum(["running", "exited"]),
    pid: int64,
    exitCode: int64.optional(),
    sessionID: z.string().nullable().optional(),
  })
  .openapi("Pty")

const PtySize = z.object({ rows: int64.min(0), cols: int64.min(0) }).openapi("PtySize")

export const PtyCreate = z
  .object({
    command: z.string().min(1).optional(),
    args: z.array(z.string()).optional(),
    cwd: z.string().optional(),
    title: z.string().optional(),
    env: stringMap.optional(),
    size: PtySize.optional(),
  })
  .openapi("PtyCreateRequest")

export const PtyUpdate = z
  .object({ title: z.string().optional(), size: PtySize.optional(), sessionID: z.string().nullable().optional() })
  .openapi("PtyUpdateRequest")

export const PtyShell = z.object({ path: z.string(), name: z.string(), acceptable: z.boolean() }).openapi("PtyShell")

export const PtyTicket = z.object({ ticket: z.string(), expires_in: int64 }).openapi("PtyTicketConnectToken")
