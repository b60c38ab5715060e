/**
 * Turns a catalogue snapshot (one JSON object, provider id -> provider) into `models.jsonl`:
 *   node src-ts/engine/src/provider/catalogue/build.ts snapshot.json
 */
import { readFileSync, writeFileSync } from "node:fs"

interface Snapshot {
  [id: string]: { name: string; env: string[]; npm: string; url: string | null; models: Record<string, unknown> }
}

const source = process.argv[2]
if (!source) throw new Error("Name the snapshot file: node build.ts snapshot.json")
const snapshot: Snapshot = JSON.parse(readFileSync(source, "utf8"))
const lines = Object.entries(snapshot)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([id, { models, ...header }]) => {
    const sorted = Object.fromEntries(Object.entries(models).sort(([a], [b]) => (a < b ? -1 : 1)))
    return `${JSON.stringify({ id, ...header })}\t${JSON.stringify(sorted)}\n`
  })
writeFileSync(new URL("./models.jsonl", import.meta.url), lines.join(""))
