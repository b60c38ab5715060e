export { Database, DatabaseTooNewError, ForeignDatabaseError, type SqlValue } from "./database.ts"
export { StorageError } from "./fault.ts"
export { openDatabase } from "./open.ts"
