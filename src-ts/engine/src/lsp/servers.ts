import type { LspConfig } from "../config/types.ts"

/** How to start a language server and which files it is for. */
export interface ServerSpec {
  id: string
  /** Without dots; matched without case. */
  extensions: string[]
  /** A folder with one of these is the root of what the server looks at. */
  markers: string[]
  /** Tried in order: program and arguments. The program is looked for in the project and on PATH. */
  commands: string[][]
  env?: Record<string, string>
  initialization?: Record<string, unknown>
  /** Set by the user or the project: what it says is run as it is. */
  configured?: boolean
}

const NODE = [
  "package-lock.json",
  "pnpm-lock.yaml",
  "yarn.lock",
  "bun.lock",
  "bun.lockb",
  "tsconfig.json",
  "jsconfig.json",
  "package.json",
]
const GIT = [".git"]

/** Servers that are used when they are installed; nothing is ever downloaded. */
const BUILT_IN: ServerSpec[] = [
  {
    id: "typescript",
    extensions: ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"],
    markers: NODE,
    commands: [
      ["typescript-language-server", "--stdio"],
      ["vtsls", "--stdio"],
    ],
  },
  {
    id: "pyright",
    extensions: ["py", "pyi"],
    markers: ["pyrightconfig.json", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile"],
    commands: [["pyright-langserver", "--stdio"], ["basedpyright-langserver", "--stdio"], ["pylsp"]],
  },
  { id: "gopls", extensions: ["go"], markers: ["go.work", "go.mod"], commands: [["gopls"]] },
  { id: "rust", extensions: ["rs"], markers: ["Cargo.lock", "Cargo.toml"], commands: [["rust-analyzer"]] },
  {
    id: "clangd",
    extensions: ["c", "cc", "cpp", "cxx", "h", "hh", "hpp", "hxx"],
    markers: ["compile_commands.json", "compile_flags.txt", ".clangd", "CMakeLists.txt", "Makefile"],
    commands: [["clangd", "--background-index=false"]],
  },
  {
    id: "jdtls",
    extensions: ["java"],
    markers: ["settings.gradle", "settings.gradle.kts", "build.gradle", "build.gradle.kts", "pom.xml"],
    commands: [["jdtls"]],
  },
  {
    id: "kotlin",
    extensions: ["kt", "kts"],
    markers: ["settings.gradle.kts", "settings.gradle", "build.gradle.kts", "build.gradle", "pom.xml"],
    commands: [["kotlin-lsp", "--stdio"], ["kotlin-language-server"]],
  },
  { id: "json", extensions: ["json", "jsonc"], markers: GIT, commands: [["vscode-json-language-server", "--stdio"]] },
  { id: "yaml", extensions: ["yaml", "yml"], markers: GIT, commands: [["yaml-language-server", "--stdio"]] },
  { id: "html", extensions: ["html", "htm"], markers: GIT, commands: [["vscode-html-language-server", "--stdio"]] },
  {
    id: "css",
    extensions: ["css", "scss", "less"],
    markers: GIT,
    commands: [["vscode-css-language-server", "--stdio"]],
  },
]

/** Files that would otherwise be nobody's: what a whole directory is looked through for. */
export const PROGRAMS: ReadonlySet<string> = new Set([
  "typescript",
  "pyright",
  "gopls",
  "rust",
  "clangd",
  "jdtls",
  "kotlin",
])

/**
 * The servers in force: the built-in ones with what the configuration changes and adds. None when `lsp` is false. A configured
 * server without a command and unknown here is left out.
 */
export function serversOf(
  config: boolean | Record<string, LspConfig> | undefined,
  refused: ReadonlySet<string>,
): ServerSpec[] {
  if (config === false) return []
  const servers = new Map(BUILT_IN.map((spec) => [spec.id, spec]))
  for (const [id, entry] of Object.entries(typeof config === "object" ? config : {})) {
    if (entry.disabled) {
      servers.delete(id)
      continue
    }
    // The project would choose what is run: the user's or the built-in server stays as it is.
    if (refused.has(id)) continue
    const known = servers.get(id)
    const command = entry.command?.[0] ? [entry.command] : undefined
    if (!known && !command) continue
    const extensions = entry.extensions?.map((extension) => extension.replace(/^\./, "").toLowerCase())
    servers.set(id, {
      id,
      extensions: extensions ?? known?.extensions ?? [],
      markers: known?.markers ?? GIT,
      commands: command ?? known?.commands ?? [],
      ...(command ? { configured: true } : {}),
      ...(entry.env ? { env: entry.env } : {}),
      ...(entry.initialization ? { initialization: entry.initialization } : {}),
    })
  }
  return [...servers.values()]
}
