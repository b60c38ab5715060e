import { readFileSync } from "node:fs"
import { join } from "node:path"

/** A JSON value of which nothing is known but that it is JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** One event of a recording or of a replay, in the form of /global/event. */
export interface StreamEvent {
  directory?: string
  project?: string
  type: string
  properties: JsonObject
}

/** Reads a recorded stream; the frame that says "connected" is left out, because not every recording holds it. */
export function loadRecording(name: string): StreamEvent[] {
  const file = join(import.meta.dirname, "..", "fixtures", "recordings", `${name}.jsonl`)
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => toEvent(JSON.parse(line)))
    .filter((event) => event.type !== "server.connected")
}

/** Takes an event out of its frame. */
export function toEvent(frame: JsonObject): StreamEvent {
  const payload = object(frame.payload)
  return {
    ...(typeof frame.directory === "string" ? { directory: frame.directory } : {}),
    ...(typeof frame.project === "string" ? { project: frame.project } : {}),
    type: text(payload.type),
    properties: object(payload.properties),
  }
}

export function object(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {}
}

export function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : ""
}

export function number(value: Json | undefined): number {
  return typeof value === "number" ? value : 0
}

/** The event's type with what tells it from others of the type: role, part, state. */
export function labelOf(event: StreamEvent): string {
  const { type, properties } = event
  const info = object(properties.info)
  const part = object(properties.part)
  const words = [type]
  if (type === "message.updated") {
    words.push(text(info.role))
    if (info.summary !== undefined) words.push("summary")
    if (info.error !== undefined) words.push("error")
    if (info.finish !== undefined) words.push(text(info.finish))
    if (object(info.time).completed !== undefined) words.push("completed")
  } else if (type === "message.part.updated") {
    words.push(text(part.type))
    if (part.type === "tool") {
      const state = object(part.state)
      words.push(text(part.tool), text(state.status))
      if (state.status === "running" && object(state.metadata).output !== undefined) words.push("output")
    }
    if (object(part.time).end !== undefined && part.type !== "step-finish") words.push("closed")
  } else if (type === "session.status") words.push(text(object(properties.status).type))
  else if (type === "session.turn.close") words.push(text(properties.reason))
  else if (type === "permission.replied") words.push(text(properties.reply))
  return words.join(" ")
}
