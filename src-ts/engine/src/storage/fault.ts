/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const CODES = { busy: 5, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 } as const

/** The disk or the database's file is in trouble. The message is written for the user and says what to do. */
export class StorageError extends Error {
  override readonly name: string = "StorageError"
}

/** An error of SQLite's that has to do with the file or the disk, in words; others as they are. */
export function explained(error: unknown, file: string): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  const text = sentence(code, file)
  return text === undefined ? error : new StorageError(text, { cause: error })
}

/** SQLite's primary result code of an error that Node made of it. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined
  return error.errcode & 0xff
}

function sentence(code: number, file: string): string | undefined {
  switch (code) {
    case CODES.full:
      return `The disk is full: ${file} can't grow. Nothing was stored. Make room and try again.`
    case CODES.ioerr:
      return `The disk reports an error for ${file}. Nothing was stored. Check that there is room and that the disk is well, then try again.`
    case CODES.readonly:
    case CODES.cantOpen:
      return `${file} can't be written to. Nothing was stored. Check who may write to its folder, or point KILO_DB at another file.`
    case CODES.corrupt:
    case CODES.notADatabase:
      return `${file} is damaged. Restore it from a backup or move it away to start with an empty one, or point KILO_DB at another file.`
    case CODES.busy:
      return `Another program holds ${file} for too long. Nothing was stored. End it, or try again.`
    default:
      return undefined
  }
}
