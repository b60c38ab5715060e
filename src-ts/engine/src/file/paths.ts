import { readlink, realpath } from "node:fs/promises"
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path"

/** Whether `path` is `root` or below it. Both absolute; symlinks are not looked at. */
export function contains(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

/**
 * Where a path really leads: symlinks of the existing part are followed, the rest (a file to be made) is kept.
 * A link to something missing is followed too, so that writing through it can't escape unseen.
 */
export async function realTarget(path: string): Promise<string> {
  let current = resolve(path)
  const rest: string[] = []
  for (;;) {
    const real = await realpath(current).catch(() => undefined)
    if (real !== undefined) return join(real, ...rest)
    const target = await danglingTarget(current)
    if (target !== undefined) return join(target, ...rest)
    if (dirname(current) === current) return join(current, ...rest)
    rest.unshift(basename(current))
    current = dirname(current)
  }
}

async function danglingTarget(path: string): Promise<string | undefined> {
  const link = await readlink(path).catch(() => undefined)
  if (link === undefined) return undefined
  const target = resolve(dirname(path), link)
  // A link to itself, or a ring of links: nothing can be opened through it.
  const parent = await realpath(dirname(target)).catch(() => undefined)
  return parent === undefined ? target : join(parent, basename(target))
}

/** The same path with forward slashes: how paths look in patterns, patches and on the wire. */
export function slashed(path: string): string {
  return sep === "/" ? path : path.split(sep).join("/")
}
