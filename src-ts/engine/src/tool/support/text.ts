import { randomBytes } from "node:crypto"
import { chmod, mkdir, open, readFile, rename, stat, unlink, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { isBinary } from "../../file/index.ts"
import { ToolError } from "../define.ts"

const MAX_EDITABLE = 16 * 1024 * 1024
const BOM = "\uFEFF"

/** A text file as it is on disk, taken apart so that it can be put together again unchanged. */
export interface TextFile {
  exists: boolean
  bytes: Buffer
  /** Without the byte order mark, line endings as they are. */
  text: string
  bom: boolean
  /** The line ending that most lines have. */
  eol: "\n" | "\r\n"
}

/** Reads a file to be changed. A missing one is empty. Refuses directories, binary files, and text that is not UTF-8. */
export async function readText(path: string, shown: string): Promise<TextFile> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined
    throw new ToolError(`Can't open ${shown}: ${error.message}`)
  })
  if (!info) return { exists: false, bytes: Buffer.alloc(0), text: "", bom: false, eol: "\n" }
  if (info.isDirectory()) throw new ToolError(`${shown} is a directory, not a file.`)
  if (!info.isFile()) throw new ToolError(`${shown} is not a regular file.`)
  if (info.size > MAX_EDITABLE)
    throw new ToolError(`${shown} has ${info.size} bytes, too large to edit here. Use bash.`)
  const bytes = await readFile(path).catch((error: Error) => {
    throw new ToolError(`Can't read ${shown}: ${error.message}`)
  })
  if (isBinary(bytes)) throw new ToolError(`${shown} is a binary file; it can't be edited as text.`)
  const decoded = bytes.toString("utf8")
  if (!Buffer.from(decoded, "utf8").equals(bytes)) {
    throw new ToolError(`${shown} is not UTF-8 text; editing it here would damage it. Use bash with a fitting tool.`)
  }
  const bom = decoded.startsWith(BOM)
  const text = bom ? decoded.slice(1) : decoded
  return { exists: true, bytes, text, bom, eol: dominantEol(text) }
}

export function dominantEol(text: string): "\n" | "\r\n" {
  const all = text.split("\n").length - 1
  const windows = text.split("\r\n").length - 1
  return windows * 2 > all ? "\r\n" : "\n"
}

/** Text with every line ending replaced by `eol`. */
export function withEol(text: string, eol: "\n" | "\r\n"): string {
  const unix = text.replaceAll("\r\n", "\n")
  return eol === "\n" ? unix : unix.replaceAll("\n", "\r\n")
}

/** Fails when the file is no longer what `before` says: somebody else changed it while the user was asked. */
export async function assertUnchanged(path: string, shown: string, before: TextFile): Promise<void> {
  const now = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined
    throw new ToolError(`Can't read ${shown}: ${error.message}`)
  })
  const same = now === undefined ? !before.exists : before.exists && now.equals(before.bytes)
  if (!same) throw new ToolError(`${shown} was changed by somebody else meanwhile, nothing was written. Read it again.`)
}

/**
 * Replaces a file's content at once: readers see the old or the new text, never half of it. `path` has its symlinks
 * resolved. Mode is kept; parents are made.
 */
export async function writeText(path: string, text: string, bom: boolean): Promise<void> {
  const data = bom ? `${BOM}${text}` : text
  const directory = dirname(path)
  await mkdir(directory, { recursive: true })
  const info = await stat(path).catch(() => undefined)
  // Replacing a hard-linked file would cut its link.
  if (info && info.nlink > 1) return writeFile(path, data)
  const temporary = join(directory, `.${basename(path).slice(0, 100)}.${randomBytes(6).toString("hex")}.tmp`)
  try {
    const file = await open(temporary, "wx", info?.mode ?? 0o666)
    try {
      await file.writeFile(data)
    } finally {
      await file.close()
    }
    if (info) await chmod(temporary, info.mode)
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    const code = (error as NodeJS.ErrnoException).code
    // A directory in which we may not create files can still hold files that we may write.
    if (info && (code === "EACCES" || code === "EPERM")) return writeFile(path, data)
    throw error
  }
}
