/** The paths with the fewest directories in them, by name within a level. Looks at each path once and sorts few. */
export function nearest(paths: readonly string[], limit: number): string[] {
  const levels: string[][] = []
  for (const path of paths) {
    let depth = 0
    for (let at = path.indexOf("/"); at >= 0 && at < path.length - 1; at = path.indexOf("/", at + 1)) depth += 1
    levels[depth] ??= []
    levels[depth]?.push(path)
  }
  const found: string[] = []
  for (const level of levels) {
    if (found.length >= limit) break
    if (level) found.push(...first(level, limit - found.length))
  }
  return found
}

/** The first of them in order, without sorting all. */
function first(paths: string[], count: number): string[] {
  if (paths.length <= count * 4) return paths.sort(compare).slice(0, count)
  let kept: string[] = []
  let last: string | undefined
  for (const path of paths) {
    if (last !== undefined && path >= last) continue
    kept.push(path)
    if (kept.length < count * 2) continue
    kept = kept.sort(compare).slice(0, count)
    last = kept.at(-1)
  }
  return kept.sort(compare).slice(0, count)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
