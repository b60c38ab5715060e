import type { FormatterConfig } from "../config/types.ts"

/** How to format a file in place, and how to see that a project wants it. */
export interface FormatterSpec {
  name: string
  /** Without dots, lower case. */
  extensions: string[]
  /** Tried in order: program and arguments; `$FILE` is the file. */
  commands: string[][]
  /** Files that set a project up for it; none: the program's presence is enough. */
  markers: string[]
  /** A table of pyproject.toml or a key of package.json that does the same. */
  section?: { file: "pyproject.toml" | "package.json"; key: string }
  /** Its settings can name code of the repository, which formatting would then run. */
  runsCode?: boolean
  env?: Record<string, string>
  /** Set up by the user: needs no marker, and its command is run as it is. */
  configured?: boolean
}

const FILE = "$FILE"
const C = ["c", "h", "cc", "hh", "cpp", "hpp", "cxx", "hxx", "m", "mm", "proto"]
const WEB = ["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "json", "jsonc", "css", "graphql"]
const MORE = ["html", "htm", "vue", "scss", "less", "md", "mdx", "yaml", "yml", "hbs", "json5"]

/** Of two that a project is set up for, the first formats the file. Nothing is ever downloaded. */
const BUILT_IN: FormatterSpec[] = [
  {
    name: "biome",
    extensions: WEB,
    commands: [["biome", "format", "--write", "--files-ignore-unknown=true", "--no-errors-on-unmatched", FILE]],
    markers: ["biome.json", "biome.jsonc", ".biome.json", ".biome.jsonc"],
  },
  {
    name: "prettier",
    extensions: [...WEB, ...MORE],
    commands: [["prettier", "--write", "--log-level=warn", "--ignore-unknown", FILE]],
    markers: [
      ".prettierrc",
      ...["json", "json5", "yaml", "yml", "toml", "js", "cjs", "mjs", "ts", "cts", "mts"].map(
        (end) => `.prettierrc.${end}`,
      ),
      ...["js", "cjs", "mjs", "ts", "cts", "mts"].map((end) => `prettier.config.${end}`),
    ],
    section: { file: "package.json", key: "prettier" },
    runsCode: true,
  },
  {
    name: "ruff",
    extensions: ["py", "pyi"],
    commands: [["ruff", "format", FILE]],
    markers: ["ruff.toml", ".ruff.toml"],
    section: { file: "pyproject.toml", key: "tool.ruff" },
  },
  {
    name: "black",
    extensions: ["py", "pyi"],
    commands: [["black", "--quiet", FILE]],
    markers: [],
    section: { file: "pyproject.toml", key: "tool.black" },
  },
  { name: "gofmt", extensions: ["go"], commands: [["gofmt", "-w", FILE]], markers: ["go.mod", "go.work"] },
  { name: "rustfmt", extensions: ["rs"], commands: [["rustfmt", FILE]], markers: ["rustfmt.toml", ".rustfmt.toml"] },
  {
    name: "clang-format",
    extensions: C,
    commands: [["clang-format", "-i", FILE]],
    markers: [".clang-format", "_clang-format"],
  },
  { name: "ktlint", extensions: ["kt", "kts"], commands: [["ktlint", "-F", FILE]], markers: [".editorconfig"] },
  { name: "shfmt", extensions: ["sh", "bash"], commands: [["shfmt", "-w", FILE]], markers: [".editorconfig"] },
  { name: "dart", extensions: ["dart"], commands: [["dart", "format", FILE]], markers: ["pubspec.yaml"] },
  {
    name: "terraform",
    extensions: ["tf", "tfvars"],
    commands: [["terraform", "fmt", FILE]],
    markers: [".terraform.lock.hcl"],
  },
  { name: "zig", extensions: ["zig", "zon"], commands: [["zig", "fmt", FILE]], markers: ["build.zig"] },
]

/**
 * The formatters in force: the user's own ones first, then the built-in ones as the configuration changes them. None when `formatter` is
 * false. Entries in `refused` come from the project: what they would run is not taken over.
 */
export function formattersOf(
  config: boolean | Record<string, FormatterConfig> | undefined,
  refused: ReadonlySet<string>,
): FormatterSpec[] {
  if (config === false) return []
  const specs = new Map(BUILT_IN.map((spec) => [spec.name, spec]))
  const own: FormatterSpec[] = []
  for (const [name, entry] of Object.entries(typeof config === "object" ? config : {})) {
    const known = specs.get(name)
    if (entry.disabled) {
      specs.delete(name)
      continue
    }
    if (refused.has(name)) continue
    const extensions = entry.extensions?.map((extension) => extension.replace(/^\./, "").toLowerCase())
    const [program = "", ...args] = entry.command ?? []
    const command = program === "" ? undefined : [program, ...args, ...(args.some(hasFile) ? [] : [FILE])]
    if (!known && (!command || !extensions?.length)) continue
    const spec: FormatterSpec = {
      name,
      extensions: extensions ?? known?.extensions ?? [],
      commands: command ? [command] : (known?.commands ?? []),
      markers: known?.markers ?? [],
      ...(known?.section ? { section: known.section } : {}),
      ...(entry.environment ? { env: entry.environment } : {}),
      ...(command ? { configured: true } : known?.runsCode ? { runsCode: true } : {}),
    }
    specs.delete(name)
    own.push(spec)
  }
  return [...own, ...specs.values()]
}

function hasFile(argument: string): boolean {
  return argument.includes(FILE)
}

/** The arguments for one file. */
export function withFile(command: readonly string[], file: string): string[] {
  return command.map((argument) => argument.replaceAll(FILE, () => file))
}
