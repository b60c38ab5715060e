import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

/**
 * An esbuild plugin. Our subjects are imported through their `index.ts`, and a bundler that splits code loads whatever an
 * imported file names: who needs one function of a subject at the start would load all of it. This one leads each imported
 * name to the file that defines it, so that the start loads what it uses. Our modules do nothing when they are loaded, so
 * the order does not matter. What it can't follow stays as it is written.
 */
export function throughBarrels(root) {
  const packages = new Map(
    ["engine", "server"].map((name) => [`@kilo-split/${name}`, join(root, "src-ts", name, "src", "index.ts")]),
  )
  const known = new Map()

  /** Where a name that this index exports comes from: `{file, name}`, or undefined when it is declared right there. */
  const origin = (index, name) => {
    const { named, all } = exportsOf(index)
    const direct = named.get(name)
    if (direct) return follow(direct.file, direct.name)
    for (const file of all) {
      const found = isIndex(file) ? origin(file, name) : declares(file, name) ? { file, name } : undefined
      if (found) return found
    }
    return undefined
  }
  const follow = (file, name) => (isIndex(file) ? (origin(file, name) ?? { file, name }) : { file, name })

  const exportsOf = (index) => {
    const before = known.get(index)
    if (before) return before
    const text = readFileSync(index, "utf8")
    const at = (path) => resolve(dirname(index), path)
    const named = new Map()
    for (const [, names, path] of text.matchAll(/^export \{([^}]*)\} from "(\.[^"]*)"/gm)) {
      for (const { from, to } of specifiers(names)) named.set(to, { file: at(path), name: from })
    }
    const all = [...text.matchAll(/^export \* from "(\.[^"]*)"/gm)].map(([, path]) => at(path))
    const found = { named, all }
    known.set(index, found)
    return found
  }

  const rewrite = (text, file) =>
    text.replace(/^import \{([^}]*)\} from "([^"]*)"$/gm, (statement, names, path) => {
      const index = packages.get(path) ?? (path.startsWith(".") ? resolve(dirname(file), path) : undefined)
      if (!index || !isIndex(index) || !existsSync(index)) return statement
      return specifiers(names)
        .map(({ from, to }) => {
          const source = origin(index, from)
          const local = (name) => (name === to ? name : `${name} as ${to}`)
          return source
            ? `import { ${local(source.name)} } from ${JSON.stringify(source.file)};`
            : `import { ${local(from)} } from ${JSON.stringify(path)};`
        })
        .join(" ")
    })

  return {
    name: "through-barrels",
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src-ts[\\/].*\.ts$/ }, ({ path }) => ({
        loader: "ts",
        contents: rewrite(readFileSync(path, "utf8"), path),
      }))
    },
  }
}

/** The values of a list of imported or exported names; types are left out, they are nothing at run time. */
function specifiers(list) {
  return list
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part && !part.startsWith("type "))
    .map((part) => {
      const [from, to = from] = part.split(/\s+as\s+/)
      return { from, to }
    })
}

function declares(file, name) {
  const text = readFileSync(file, "utf8")
  return new RegExp(
    `^export (async function\\*?|function\\*?|const|let|class|abstract class|enum) ${name}\\b`,
    "m",
  ).test(text)
}

function isIndex(file) {
  return file.endsWith("/index.ts") || file.endsWith("\\index.ts")
}
