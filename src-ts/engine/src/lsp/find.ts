import { readdir, realpath, stat } from "node:fs/promises"
import { dirname, extname, join } from "node:path"
import { contains } from "../file/index.ts"
import { type Surroundings, topOf } from "../installed/index.ts"
import type { ServerSpec } from "./servers.ts"

/** The folder that a server for this file works in: the nearest above it with a marker, else the top. Undefined for files outside. */
export async function rootOf(file: string, spec: ServerSpec, place: Surroundings): Promise<string | undefined> {
  const top = topOf(place)
  if (!contains(top, file)) return undefined
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (await hasMarker(folder, spec)) return folder
    if (folder === top || dirname(folder) === folder) return top
  }
}

/** Whether a folder has one of a server's markers. */
export async function hasMarker(folder: string, spec: ServerSpec): Promise<boolean> {
  const names = new Set(await readdir(folder).catch(() => []))
  return spec.markers.some((marker) => names.has(marker))
}

/** TypeScript's server needs a TypeScript: the one installed beside it when the project has none. */
export async function typescriptBeside(program: string): Promise<string | undefined> {
  for (let folder = dirname(await realpath(program).catch(() => program)); ; folder = dirname(folder)) {
    const file = join(folder, "node_modules", "typescript", "lib", "tsserver.js")
    if (
      await stat(file).then(
        (info) => info.isFile(),
        () => false,
      )
    )
      return file
    if (dirname(folder) === folder) return undefined
  }
}

/** What the protocol calls the language of a file. */
export function languageOf(file: string): string {
  const extension = extname(file).slice(1).toLowerCase()
  return LANGUAGES[extension] ?? extension
}

const LANGUAGES: Record<string, string> = {
  ts: "typescript",
  mts: "typescript",
  cts: "typescript",
  tsx: "typescriptreact",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  jsx: "javascriptreact",
  py: "python",
  pyi: "python",
  rs: "rust",
  kt: "kotlin",
  kts: "kotlin",
  cc: "cpp",
  cxx: "cpp",
  hh: "cpp",
  hpp: "cpp",
  hxx: "cpp",
  h: "c",
  yml: "yaml",
  htm: "html",
}
