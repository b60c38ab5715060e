import {
  FileDiff,
  Worktree,
  WorktreeCreate,
  WorktreeDiffItem,
  WorktreeFailure,
  WorktreeListItem,
  WorktreePlace,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

const failed = { 400: WorktreeFailure }
const base = z.object({ base: z.string().optional() })

/** Further working copies of the project's repository. */
export const worktreeRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/experimental/worktree",
      operationId: "worktree.list",
      tag: "worktree",
      summary: "Working copies of the project",
      routed: true,
      ok: z.array(WorktreeListItem),
      errors: failed,
    },
    async ({ instance }) => (await instance()).worktrees.list(),
  ),
  define(
    {
      method: "post",
      path: "/experimental/worktree",
      operationId: "worktree.create",
      tag: "worktree",
      summary: "Make a working copy on a branch of its own; its setup goes on and ends with an event",
      body: WorktreeCreate,
      bodyOptional: true,
      routed: true,
      ok: Worktree,
      errors: failed,
    },
    async ({ instance, body }) => (await instance()).worktrees.create(body),
  ),
  define(
    {
      method: "delete",
      path: "/experimental/worktree",
      operationId: "worktree.remove",
      tag: "worktree",
      summary: "Remove a working copy that was made here, with its branch",
      body: WorktreePlace,
      routed: true,
      ok: z.boolean(),
      errors: failed,
    },
    async ({ instance, engine, body }) => {
      await engine.dispose(body.directory)
      await (await instance()).worktrees.remove(body.directory)
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/experimental/worktree/reset",
      operationId: "worktree.reset",
      tag: "worktree",
      summary: "Bring a working copy back to the default branch; its changes are lost",
      body: WorktreePlace,
      routed: true,
      ok: z.boolean(),
      errors: failed,
    },
    async ({ instance, body }) => {
      await (await instance()).worktrees.reset(body.directory)
      return true
    },
  ),
  define(
    {
      method: "get",
      path: "/experimental/worktree/diff",
      operationId: "worktree.diff",
      tag: "worktree",
      summary: "What the branch has changed",
      query: base,
      routed: true,
      ok: z.array(FileDiff),
      errors: failed,
    },
    async ({ instance, query }) => (await instance()).worktrees.diff(query.base),
  ),
  define(
    {
      method: "get",
      path: "/experimental/worktree/diff/summary",
      operationId: "worktree.diffSummary",
      tag: "worktree",
      summary: "The same without contents",
      query: base,
      routed: true,
      ok: z.array(WorktreeDiffItem),
      errors: failed,
    },
    async ({ instance, query }) => (await instance()).worktrees.summary(query.base),
  ),
  define(
    {
      method: "get",
      path: "/experimental/worktree/diff/file",
      operationId: "worktree.diffFile",
      tag: "worktree",
      summary: "One changed file with both sides",
      query: base.extend({ file: z.string().min(1) }),
      routed: true,
      ok: WorktreeDiffItem,
      errors: failed,
    },
    async ({ instance, query }) => (await instance()).worktrees.file(query.file, query.base),
  ),
]
