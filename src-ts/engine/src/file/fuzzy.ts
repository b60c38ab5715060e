/** Ranking a name well takes some microseconds: in a hundred thousand of them only the likeliest are ranked. */
const CANDIDATES = 2000

/** The names that fit a query best, best first. Letters of the query may lie apart, but must come in their order. */
export async function fuzzy(query: string, names: readonly string[], limit: number): Promise<string[]> {
  const { go, cleanup } = await import("fuzzysort")
  const found = go(query, candidates(query, names), { limit }).map((result) => result.target)
  // It remembers every name that it has seen.
  cleanup()
  return found
}

/** The names that can be found at all; when there are many, those whose last part has the query in one piece come first. */
export function candidates(query: string, names: readonly string[]): string[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const last = words.at(-1) ?? ""
  const classes: string[][] = [[], [], [], []]
  for (const name of names) {
    const text = name.toLowerCase()
    if (!words.every((word) => holds(text, word))) continue
    const at = text.lastIndexOf(last)
    // A directory's name ends with a slash that begins nothing.
    const base = text.lastIndexOf("/", text.length - 2) + 1
    classes[at < 0 ? 3 : at < base ? 2 : at === base ? 0 : 1]?.push(name)
  }
  const kept: string[] = []
  for (const group of classes) {
    const room = CANDIDATES - kept.length
    if (room <= 0) break
    kept.push(...(group.length <= room ? group : shortest(group, room)))
  }
  return kept
}

function holds(text: string, word: string): boolean {
  let at = 0
  for (const letter of word) {
    at = text.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}

/** The shortest names say most about what was typed; counted instead of sorted, there may be very many. */
function shortest(names: readonly string[], count: number): string[] {
  const counts: number[] = []
  for (const { length } of names) counts[length] = (counts[length] ?? 0) + 1
  let length = 0
  for (let sum = counts[0] ?? 0; sum < count && length < counts.length; ) {
    length += 1
    sum += counts[length] ?? 0
  }
  const shorter = names.filter((name) => name.length < length)
  const equal = names.filter((name) => name.length === length)
  return [...shorter, ...equal.slice(0, count - shorter.length)]
}
