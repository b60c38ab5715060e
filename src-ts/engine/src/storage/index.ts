export { Database, DatabaseTooNewError, ForeignDatabaseError, type SqlValue } from "./database.ts"
export { openDatabase } from "./open.ts"
