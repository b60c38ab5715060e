import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { build, jvmSources, noteBuilt } from "./build.mjs"
import { lint } from "./lint.mjs"
import { main } from "./main.mjs"
import { maven } from "./maven.mjs"
import { ensurePackages, pinnedNode } from "./packages.mjs"
import { checkNode, findJava } from "./prerequisites.mjs"
import { root } from "./root.mjs"

/**
 * `npm test`: lint, types and import rules, the Kotlin tests (which use the built CLI), then the TypeScript ones.
 * Everything runs even when an earlier part failed; the last line counts it all. A skipped test is printed with its
 * reason, and counts as failed when KILO_TEST_REQUIRE=all.
 */
await main(async () => {
  checkNode()
  findJava()
  ensurePackages()
  const started = Date.now()
  const problems = lint().map((name) => `lint: ${name}`)
  if ((await maven(["spotless:check", "-fae"], { title: "Kotlin format" })) !== 0) problems.push("lint: Kotlin format")
  await build({ scope: "cli" })
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const add = (part) => {
    for (const key of Object.keys(counts)) counts[key] += part[key]
  }

  // First, because it also builds the window that the TypeScript side's end-to-end tests start.
  console.error("Kotlin tests ...")
  const reports = join("target", "surefire-reports")
  for (const module of modules()) rmSync(join(module, reports), { recursive: true, force: true })
  const sources = jvmSources()
  // Formatting is checked on its own, so that a misplaced line does not keep the tests of later modules from running.
  const verify = ["verify", "-fae", "-Dmaven.test.failure.ignore=true", "-Dspotless.check.skip=true"]
  const code = await maven(verify, { title: "Kotlin tests" })
  if (code === 0) noteBuilt(sources)
  const kotlin = { passed: 0, failed: 0, skipped: 0 }
  for (const module of modules()) addSurefire(join(module, reports), kotlin)
  // A module that does not compile is a failure of its own: test failures don't stop Maven here.
  if (code !== 0) problems.push("Kotlin build (see above)")
  if (kotlin.passed === 0) problems.push("no Kotlin test ran")
  add(kotlin)

  console.error("TypeScript tests ...")
  add(typescript())

  const strict = process.env.KILO_TEST_REQUIRE === "all"
  if (strict && counts.skipped > 0) problems.push(`${counts.skipped} skipped although KILO_TEST_REQUIRE=all`)
  for (const problem of problems) console.log(`FAILED ${problem}`)
  console.log(`Took ${Math.round((Date.now() - started) / 1000)} s.`)
  console.log(`${counts.passed} passed, ${counts.failed + problems.length} failed, ${counts.skipped} skipped`)
  return counts.failed + problems.length > 0 ? 1 : 0
})

function typescript() {
  const file = join(root, "target", "vitest.json")
  mkdirSync(join(root, "target"), { recursive: true })
  rmSync(file, { force: true })
  const run = spawnSync(
    pinnedNode(),
    [
      join(root, "node_modules", "vitest", "vitest.mjs"),
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${file}`,
    ],
    { cwd: root, stdio: "inherit" },
  )
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
  const result = JSON.parse(readFileSync(file, "utf8"))
  // A file that does not load has no tests to fail: it counts once. So does a run that failed for any other reason.
  const unloaded = result.testResults.filter(
    (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
  ).length
  const failed = result.numFailedTests + unloaded
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && run.status !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  }
}

/** Folders of Maven modules: those that hold a pom.xml, at most two levels down. */
function modules() {
  const found = []
  const visit = (dir, depth) => {
    if (existsSync(join(dir, "pom.xml"))) found.push(dir)
    if (depth === 0) return
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (entry.isDirectory() && !/^(\.|node_modules|target|src)/.test(entry.name))
        visit(join(dir, entry.name), depth - 1)
    }
  }
  visit(root, 2)
  return found
}

function addSurefire(dir, counts) {
  if (!existsSync(dir)) return
  for (const name of readdirSync(dir)) {
    if (!/^TEST-.*\.xml$/.test(name)) continue
    const head = /<testsuite\b[^>]*>/.exec(readFileSync(join(dir, name), "utf8"))?.[0] ?? ""
    const number = (key) => Number(new RegExp(`\\b${key}="(\\d+)"`).exec(head)?.[1] ?? 0)
    const failed = number("failures") + number("errors")
    counts.failed += failed
    if (failed > 0) console.log(`FAILED in ${join(dir, name).replace("TEST-", "").replace(".xml", ".txt")}`)
    counts.skipped += number("skipped")
    counts.passed += number("tests") - failed - number("skipped")
  }
}
