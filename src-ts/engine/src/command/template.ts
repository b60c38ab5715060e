const PLACE = /\$([1-9]\d?)(?!\d)|\$ARGUMENTS/g

/** The places that arguments go to: $1, $2, … in order, then $ARGUMENTS. */
export function hints(template: string): string[] {
  const numbers = [...new Set([...template.matchAll(/\$([1-9]\d?)(?!\d)/g)].map((match) => Number(match[1])))]
  const numbered = numbers.sort((a, b) => a - b).map((number) => `$${number}`)
  return template.includes("$ARGUMENTS") ? [...numbered, "$ARGUMENTS"] : numbered
}

/**
 * Fills a command's template: arguments, then the output of each !\`command\`, in one pass, so that neither an argument nor an output is
 * ever expanded itself. The highest numbered place takes all arguments that are left; a template without places gets
 * them at its end. `run` gives a command's output; what it throws ends the expansion.
 */
export async function fillTemplate(
  template: string,
  args: string,
  run: (command: string) => Promise<string>,
): Promise<string> {
  const list = words(args)
  const highest = Math.max(0, ...[...template.matchAll(/\$([1-9]\d?)(?!\d)/g)].map((match) => Number(match[1])))
  const fill = (text: string) =>
    text.replace(PLACE, (place: string, digits: string | undefined) => {
      if (digits === undefined) return place === "$ARGUMENTS" ? args : place
      const number = Number(digits)
      return (number === highest ? list.slice(number - 1).join(" ") : list[number - 1]) ?? ""
    })
  const pieces: string[] = []
  let end = 0
  for (const match of template.matchAll(/!`([^`\n]+)`/g)) {
    pieces.push(fill(template.slice(end, match.index)), await run(fill(match[1] ?? "")))
    end = match.index + match[0].length
  }
  pieces.push(fill(template.slice(end)))
  const text = pieces.join("").trim()
  return args.trim() !== "" && hints(template).length === 0 ? `${text}\n\n${args.trim()}`.trim() : text
}

/** Words of an argument text; quotes keep blanks together. */
export function words(args: string): string[] {
  const found: string[] = []
  for (const match of args.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)) found.push(match[1] ?? match[2] ?? match[3] ?? "")
  return found
}

/** Files and agents that a text names with "@", in order and without doubles. */
export function mentions(text: string): string[] {
  const found = [...text.matchAll(/(?<![\w`@/.])@((?:~\/|(?:\.{1,2}\/)+|\/)?[\p{L}\p{N}_][\p{L}\p{N}_./\\+-]*)/gu)]
  return [...new Set(found.map((match) => (match[1] ?? "").replace(/[.]+$/, "")))]
}
