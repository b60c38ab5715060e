import { readdir, readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { contains } from "../file/index.ts"
import { isObject } from "../json/index.ts"
import type { FormatterSpec } from "./table.ts"

const CODE = /\.(js|cjs|mjs|ts|cts|mts)$/
/** Settings that name a plugin or another file as settings: prettier would load it as a module. */
const NAMES_CODE = /plugins|^\s*["']?\.{0,2}[\\/]/

/** Where a project is set up for a formatter. */
export interface Setup {
  folder: string
  /** The file that says so. */
  path: string
  /** Its settings can run code of the repository. */
  code: boolean
}

/** The nearest folder from `from` up to `top` that is set up for a formatter. */
export async function setupOf(spec: FormatterSpec, from: string, top: string): Promise<Setup | undefined> {
  if (!contains(top, from)) return undefined
  for (let folder = from; ; folder = dirname(folder)) {
    const names = new Set(await readdir(folder).catch(() => []))
    const marker = spec.markers.find((name) => names.has(name))
    if (marker !== undefined) {
      const code = spec.runsCode === true && (CODE.test(marker) || NAMES_CODE.test(await text(folder, marker)))
      return { folder, path: join(folder, marker), code }
    }
    const { section } = spec
    if (section && names.has(section.file)) {
      const value = sectionOf(section, await text(folder, section.file))
      if (value !== undefined)
        return { folder, path: join(folder, section.file), code: spec.runsCode === true && NAMES_CODE.test(value) }
    }
    if (folder === top || dirname(folder) === folder) return undefined
  }
}

function sectionOf({ file, key }: NonNullable<FormatterSpec["section"]>, content: string): string | undefined {
  if (file === "pyproject.toml") {
    const header = new RegExp(`^\\[${key.replaceAll(".", "\\.")}[.\\]]`, "m")
    return header.test(content) ? "" : undefined
  }
  try {
    const json: unknown = JSON.parse(content)
    const value = isObject(json) ? json[key] : undefined
    if (value === undefined) return undefined
    return typeof value === "string" ? value : JSON.stringify(value)
  } catch {
    return undefined
  }
}

async function text(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), "utf8").catch(() => "")
}
