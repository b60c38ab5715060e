import {
  ChangedFile,
  FileContent,
  FileNode,
  ForbiddenError,
  NotFoundError,
  Path,
  Project,
  queryBoolean,
  queryInt,
  TextMatch,
  VcsFileDiff,
  VcsFileStatus,
  VcsInfo,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

const outside = { 403: ForbiddenError }

export const projectRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/path",
      operationId: "path.get",
      tag: "path",
      summary: "Folders in use",
      routed: true,
      ok: Path,
    },
    async ({ engine, instance }) => {
      const { home, state, config } = engine.paths
      const { worktree, directory } = await instance()
      return { home, state, config, worktree, directory }
    },
  ),
  define(
    {
      method: "get",
      path: "/project",
      operationId: "project.list",
      tag: "project",
      summary: "All known projects",
      routed: true,
      ok: z.array(Project),
    },
    ({ engine }) => engine.projects(),
  ),
  define(
    {
      method: "get",
      path: "/project/current",
      operationId: "project.current",
      tag: "project",
      summary: "Project of the directory",
      routed: true,
      ok: Project,
    },
    async ({ instance }) => (await instance()).project,
  ),
  define(
    {
      method: "get",
      path: "/vcs",
      operationId: "vcs.get",
      tag: "vcs",
      summary: "Branch and default branch; nothing outside git",
      routed: true,
      ok: VcsInfo,
    },
    async ({ instance }) => (await instance()).vcs.info(),
  ),
  define(
    {
      method: "get",
      path: "/vcs/status",
      operationId: "vcs.status",
      tag: "vcs",
      summary: "Changed files with line counts",
      routed: true,
      ok: z.array(VcsFileStatus),
    },
    async ({ instance }) => (await instance()).vcs.status(),
  ),
  define(
    {
      method: "get",
      path: "/vcs/diff",
      operationId: "vcs.diff",
      tag: "vcs",
      summary: "Changes as patches: against HEAD, the default branch, or of the last commit",
      description: "`file`, relative to the repository, gives the change of one.",
      query: z.object({
        mode: z.enum(["git", "branch", "last-commit"]),
        context: queryInt.optional(),
        file: z.string().min(1).optional(),
      }),
      routed: true,
      ok: z.array(VcsFileDiff),
    },
    async ({ instance, query }) => (await instance()).vcs.diff(query.mode, query.context, query.file),
  ),
  define(
    {
      method: "get",
      path: "/file",
      operationId: "file.list",
      tag: "file",
      summary: "One level of a folder, folders first",
      query: z.object({ path: z.string() }),
      routed: true,
      ok: z.array(FileNode),
      errors: { ...outside, 404: NotFoundError },
    },
    async ({ instance, query }) => (await instance()).files.list(query.path),
  ),
  define(
    {
      method: "get",
      path: "/file/content",
      operationId: "file.read",
      tag: "file",
      summary: "Content of a file: text, or base64 when it is binary",
      query: z.object({ path: z.string() }),
      routed: true,
      ok: FileContent,
      errors: { ...outside, 404: NotFoundError },
    },
    async ({ instance, query }) => (await instance()).files.read(query.path),
  ),
  define(
    {
      method: "get",
      path: "/file/status",
      operationId: "file.status",
      tag: "file",
      summary: "Files that git sees as changed",
      routed: true,
      ok: z.array(ChangedFile),
    },
    async ({ instance }) => (await instance()).files.status(),
  ),
  define(
    {
      method: "get",
      path: "/find",
      operationId: "find.text",
      tag: "find",
      summary: "Lines that match a regular expression",
      query: z.object({ pattern: z.string() }),
      routed: true,
      ok: z.array(TextMatch),
      errors: { 404: NotFoundError },
    },
    async ({ instance, query, signal }) => (await instance()).files.findText(query.pattern, signal),
  ),
  define(
    {
      method: "get",
      path: "/find/file",
      operationId: "find.files",
      tag: "find",
      summary: "Paths that match loosely, best first; folders end with a slash",
      query: z.object({
        query: z.string(),
        dirs: queryBoolean.optional(),
        type: z.enum(["file", "directory"]).optional(),
        limit: queryInt.optional(),
      }),
      routed: true,
      ok: z.array(z.string()),
      errors: { 404: NotFoundError },
    },
    async ({ instance, query }) => (await instance()).files.findFiles(query),
  ),
]
