/**
 * Whether `text` matches `pattern`: `*` (also `**`) is any run of characters, slashes included, `?` is exactly one.
 * A pattern that ends in " *" also matches without arguments: "git *" matches "git".
 * Runs in time proportional to the product of the lengths, so no pattern can hang the process.
 */
export function matches(pattern: string, text: string): boolean {
  if (pattern === "*" || pattern === text) return true
  if (glob(pattern, text)) return true
  return pattern.endsWith(" *") && glob(pattern.slice(0, -2), text)
}

function glob(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let mark = 0
  while (t < text.length) {
    const char = pattern[p]
    if (char === "*") {
      star = p
      mark = t
      p += 1
    } else if (char !== undefined && (char === "?" || char === text[t])) {
      p += 1
      t += 1
    } else if (star >= 0) {
      // Let the last star take one character more and try again from there.
      mark += 1
      p = star + 1
      t = mark
    } else {
      return false
    }
  }
  while (pattern[p] === "*") p += 1
  return p === pattern.length
}
