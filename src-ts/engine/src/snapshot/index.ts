export { createSnapshot, type Snapshot, type SnapshotOptions } from "./snapshot.ts"
