import type { Result } from "./turn.ts"

export interface Call {
  tool: string
  input: Record<string, unknown>
}

/** Either a word and tool calls, or the final answer. */
export interface Move {
  text: string
  calls?: Call[]
}

export const call = (text: string, ...calls: Call[]): Move => ({ text, calls })

/** A final answer; every one says who speaks. */
export function answer(...paragraphs: string[]): Move {
  return { text: [...paragraphs.filter(Boolean), SIGNATURE].join("\n\n") }
}

export const SIGNATURE = "_Offline guide, no AI: this answer was made by fixed rules._"

/** A tool that failed or was refused: said as it is. */
export function failure(what: string, result: Result, effect: string): Move {
  const reason = result.output.trim().split("\n").slice(0, 8).join("\n")
  const refused = /reject|denied|refus|not allowed/i.test(reason)
  return answer(
    refused
      ? `I did not ${what}: it was refused. ${effect}`.trim()
      : `I could not ${what}: the tool \`${result.tool}\` reported an error. ${effect}`.trim(),
    fence(reason),
  )
}

/** A code block whose fence is longer than any in the text. */
export function fence(text: string, language = ""): string {
  const longest = [...text.matchAll(/`{3,}/g)].reduce((most, match) => Math.max(most, match[0].length), 2)
  const ticks = "`".repeat(longest + 1)
  return `${ticks}${/^\w{1,12}$/.test(language) ? language : ""}\n${text}\n${ticks}`
}

export const linesOf = (text: string) =>
  text
    .replace(/\n$/, "")
    .split("\n")
    .filter((line, index, all) => line !== "" || all.length > 1 || index > 0)

/** Lines of the read tool's output, which starts each with its number. */
export function numbered(output: string): { number: number; text: string }[] {
  const body = /<content>\n([\s\S]*)<\/content>/.exec(output)?.[1] ?? output
  return body.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)[:|\t] ?(.*)$/.exec(line)
    return match ? [{ number: Number(match[1]), text: match[2] ?? "" }] : []
  })
}
