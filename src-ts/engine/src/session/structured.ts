import type { JSONSchema7, LanguageModelV4FunctionTool } from "@ai-sdk/provider"
import { z } from "zod"
import type { MessageError } from "../message/errors.ts"
import type { OutputFormat } from "../message/types.ts"
import type { Tool } from "../tool/types.ts"
import { fitArguments, readArguments } from "./arguments.ts"
import { STRUCTURED } from "./request.ts"
import type { Toolset } from "./workspace.ts"

const RETRIES = 2

type Wanted = Extract<OutputFormat, { type: "json_schema" }>

/**
 * An answer in a form that the caller described by a JSON schema. The model gives it by calling a tool of its own; a model
 * without tools writes it as JSON text.
 */
export class Structured {
  readonly #schema: Record<string, unknown>
  /** Arguments of a call are always an object; anything else travels inside one. */
  readonly #wrapped: boolean
  readonly #tool: Tool
  readonly #retries: number
  #failures = 0
  #problem = "The model ended without giving the answer in the form asked for."
  #found: { value: unknown } | undefined

  constructor(format: Wanted) {
    this.#wrapped = format.schema.type !== undefined && format.schema.type !== "object"
    this.#schema = this.#wrapped
      ? { type: "object", properties: { value: format.schema }, required: ["value"], additionalProperties: false }
      : { type: "object", ...format.schema }
    this.#retries = Math.max(0, format.retryCount ?? RETRIES)
    this.#tool = {
      id: STRUCTURED,
      description:
        "Give the final answer of the task in the form asked for. Call it once, when everything else is done.",
      parameters: validator(this.#schema),
      execute: async (input) => {
        this.#found = { value: this.#wrapped ? input.value : input }
        return { title: "Answer given", output: "The answer was taken.", metadata: { valid: true } }
      },
    }
  }

  /** The answer, once it is there and valid. */
  get found(): { value: unknown } | undefined {
    return this.#found
  }

  /** The turn's tools with the one for the answer. */
  extend(toolset: Toolset): Toolset {
    const offer: LanguageModelV4FunctionTool = {
      type: "function",
      name: STRUCTURED,
      description: this.#tool.description,
      // It comes from the caller's JSON; a provider that does not accept it says so.
      inputSchema: this.#schema as JSONSchema7,
    }
    return {
      tools: new Map([...toolset.tools, [STRUCTURED, this.#tool]]),
      functions: new Map([...toolset.functions, [STRUCTURED, offer]]),
    }
  }

  /** What the system prompt says about it. */
  instructions(withTools: boolean): string {
    if (withTools) {
      return `The caller is a program. When the task is done, give the result by calling ${STRUCTURED}; text outside of that call is not read.`
    }
    return `The caller is a program. Answer with one JSON object that fits this schema and with nothing else:\n${JSON.stringify(this.#schema)}`
  }

  /** Looks at a step without a valid answer: `failed` are the errors of its calls for the answer, `text` what it said. */
  missed(text: string, failed: string[]): void {
    const said = readArguments(text)
    if (failed.length === 0 && text.includes("{") && !said.problem) {
      try {
        const args = fitArguments(this.#tool, said.value)
        this.#found = { value: this.#wrapped ? args.value : args }
        return
      } catch (error) {
        this.#problem = error instanceof Error ? error.message : this.#problem
      }
    }
    this.#failures += Math.max(1, failed.length)
    this.#problem = failed.at(-1) ?? this.#problem
  }

  /** Asks once more after a miss; undefined when the retries are used up. */
  nudge(withTools: boolean): string | undefined {
    if (this.#failures > this.#retries) return undefined
    return withTools
      ? `The answer is still missing. Call ${STRUCTURED} now. ${this.#problem}`
      : `That was not the JSON object asked for. ${this.#problem} Answer with the JSON object only.`
  }

  get error(): Extract<MessageError, { name: "StructuredOutputError" }> {
    return { name: "StructuredOutputError", data: { message: this.#problem, retries: this.#retries } }
  }
}

function validator(schema: Record<string, unknown>): z.ZodType<Record<string, unknown>> {
  const object = z.record(z.string(), z.unknown())
  try {
    const inner = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
    return inner as z.ZodType<Record<string, unknown>>
  } catch {
    // Keywords that the library can't check (if/then/else, say): the required keys are checked at least.
    const required = Array.isArray(schema.required) ? schema.required.filter((key) => typeof key === "string") : []
    return object.refine((value) => required.every((key) => key in value), {
      message: `needs the keys ${required.join(", ")}`,
    })
  }
}
