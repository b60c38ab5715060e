import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"

const here = import.meta.dirname

/**
 * Writes the package as npm gets it into a folder: JavaScript with types, README, licence, examples.
 * `node src-ts/sdk/build.ts` writes it to `dist`; then `npm publish src-ts/sdk/dist`. Throws with the compiler's messages.
 */
export function build(output: string): void {
  rmSync(output, { recursive: true, force: true })
  const program = ts.createProgram(
    [join(here, "src/index.ts"), join(here, "src/server.ts"), join(here, "src/globals.d.ts")],
    {
      target: ts.ScriptTarget.ES2023,
      lib: ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts"],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: ["node"],
      strict: true,
      skipLibCheck: true,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      rootDir: join(here, "src"),
      outDir: output,
    },
  )
  const { diagnostics } = program.emit(undefined, (file, text) => {
    // The compiler leaves imports in declarations as they were.
    const out = file.endsWith(".d.ts")
      ? text.replaceAll(/(from |import\()(["'])(\.[^"']*)\.ts\2/g, "$1$2$3.js$2")
      : text
    ts.sys.writeFile(file, out)
  })
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics]
  if (problems.length > 0) {
    throw new Error(
      ts.formatDiagnostics(problems, {
        getCanonicalFileName: (name) => name,
        getCurrentDirectory: () => here,
        getNewLine: () => "\n",
      }),
    )
  }
  const { name, version, license, type, sideEffects } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"))
  const manifest = {
    name,
    version,
    description: "Client of kilo serve: sessions, events and everything else of its HTTP API, with types",
    license,
    type,
    sideEffects,
    engines: { node: ">=20" },
    exports: {
      ".": { types: "./index.d.ts", default: "./index.js" },
      "./server": { types: "./server.d.ts", default: "./server.js" },
    },
  }
  writeFileSync(join(output, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`)
  cpSync(join(here, "README.md"), join(output, "README.md"))
  cpSync(join(here, "examples"), join(output, "examples"), { recursive: true })
  cpSync(join(here, "../../LICENSE"), join(output, "LICENSE"))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build(join(here, "dist"))
