import { readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"

const WEEK_MS = 7 * 24 * 60 * 60_000

/** Removes the checkpoints of projects that no session belongs to any more and that nobody has used for a week. */
export async function removeForgotten(data: string, isKnown: (projectID: string) => boolean): Promise<string[]> {
  const root = join(data, "snapshot")
  const removed: string[] = []
  for (const project of await readdir(root).catch(() => [])) {
    if (isKnown(project)) continue
    const ages = await Promise.all(
      (await readdir(join(root, project)).catch(() => [])).map(
        async (name) => (await stat(join(root, project, name, "index")).catch(() => undefined))?.mtimeMs ?? 0,
      ),
    )
    if (Date.now() - Math.max(0, ...ages) < WEEK_MS) continue
    await rm(join(root, project), { recursive: true, force: true })
    removed.push(project)
  }
  return removed
}
