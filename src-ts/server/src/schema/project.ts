import { int64, z } from "./base.ts"

/** Path, project, version control, files (contract: types, sections of these names). */
export const Path = z
  .object({
    home: z.string(),
    state: z.string(),
    config: z.string(),
    worktree: z.string(),
    directory: z.string(),
  })
  .openapi("Path")

export const Project = z
  .object({
    id: z.string(),
    worktree: z.string(),
    vcs: z.literal("git").optional(),
    name: z.string().optional(),
    icon: z
      .object({ url: z.string().optional(), override: z.string().optional(), color: z.string().optional() })
      .openapi("ProjectIcon")
      .optional(),
    commands: z.object({ start: z.string().optional() }).openapi("ProjectCommands").optional(),
    time: z.object({ created: int64, updated: int64, initialized: int64.optional() }).openapi("ProjectTime"),
    sandboxes: z.array(z.string()),
  })
  .openapi("Project")

export const VcsInfo = z
  .object({ branch: z.string().optional(), default_branch: z.string().optional() })
  .openapi("VcsInfo")

const Change = z.enum(["added", "deleted", "modified"])

export const VcsFileStatus = z
  .object({ file: z.string(), additions: int64, deletions: int64, status: Change })
  .openapi("VcsFileStatus")

export const VcsFileDiff = z
  .object({ file: z.string(), patch: z.string().optional(), additions: int64, deletions: int64, status: Change })
  .openapi("VcsFileDiff")

export const FileNode = z
  .object({
    name: z.string(),
    path: z.string(),
    absolute: z.string(),
    type: z.enum(["file", "directory"]),
    ignored: z.boolean(),
  })
  .openapi("FileNode")

export const FileContent = z
  .object({
    type: z.enum(["text", "binary"]),
    content: z.string(),
    encoding: z.literal("base64").optional(),
    mimeType: z.string().optional(),
  })
  .openapi("FileContent")

export const ChangedFile = z
  .object({ path: z.string(), added: int64, removed: int64, status: Change })
  .openapi("ChangedFile")

const MatchText = z.object({ text: z.string() }).openapi("TextMatchText")

export const TextMatch = z
  .object({
    path: MatchText,
    lines: MatchText,
    line_number: int64,
    absolute_offset: int64,
    submatches: z.array(z.object({ match: MatchText, start: int64, end: int64 }).openapi("TextSubmatch")),
  })
  .openapi("TextMatch")

export const Health = z.object({ healthy: z.boolean(), version: z.string() }).openapi("Health")
