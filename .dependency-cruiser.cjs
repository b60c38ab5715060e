/**
 * The one-way rules of the TypeScript side. Inside `engine` every subject is reached through its index.ts (or the
 * plain types beside it), so that what is not exported there can change freely.
 */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    { name: "engine-knows-nobody", severity: "error", from: { path: "^src-ts/engine/src" }, to: { path: "^src-ts/(?!engine/|testkit/)" } },
    { name: "server-knows-engine-only", severity: "error", from: { path: "^src-ts/server/src" }, to: { path: "^src-ts/(?!server/|engine/|testkit/)" } },
    { name: "sdk-knows-nobody", severity: "error", from: { path: "^src-ts/sdk/src" }, to: { path: "^src-ts/(?!sdk/)" } },
    {
      name: "testkit-in-tests-only",
      severity: "error",
      from: { path: "^src-ts/(?!testkit/)", pathNot: "(\\.test\\.ts$|/test/)" },
      to: { path: "^src-ts/testkit/" },
    },
    {
      name: "engine-subjects-through-their-index",
      severity: "error",
      from: { path: "^src-ts/engine/src/([^/]+)/", pathNot: "(\\.test\\.ts$|/test/)" },
      to: {
        path: "^src-ts/engine/src/[^/]+/",
        pathNot: ["^src-ts/engine/src/$1/", "^src-ts/engine/src/[^/]+/(index|types|errors)\\.ts$"],
      },
    },
    { name: "packages-through-their-index", severity: "error", from: { path: "^src-ts/([^/]+)/(src|test)/" }, to: { path: "^src-ts/[^/]+/src/", pathNot: ["^src-ts/$1/", "^src-ts/[^/]+/src/index\\.ts$"] } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|node_modules|fixtures|gen)/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: "specify",
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"], extensions: [".ts", ".mjs", ".js", ".json"] },
  },
}
