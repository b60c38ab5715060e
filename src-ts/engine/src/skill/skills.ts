import { basename, dirname, isAbsolute, join, resolve } from "node:path"
import { type Config, type ConfigFolder, type ConfigWarning, projectRoots, switchedOn } from "../config/index.ts"
import type { EngineOptions } from "../engine.ts"
import { findFiles, parseMarkdown } from "../markdown/index.ts"
import type { Paths } from "../project/types.ts"
import type { Skill } from "./types.ts"

interface Place {
  path: string
  trusted: boolean
}

/**
 * Skills by name, in the order of their names. Weakest first: `~/.agents/skills`, `~/.claude/skills`, the user's configuration
 * folders, then the project's of the same names, then `skills.paths` of the configuration. Skills of the project are
 * not trusted. Files that can't be understood cost a warning.
 */
export async function loadSkills(options: {
  folders: ConfigFolder[]
  place: { paths: Paths; env: EngineOptions["env"]; directory: string; worktree: string }
  config: Config
  global: Config
}): Promise<{ skills: Skill[]; warnings: ConfigWarning[] }> {
  const { place } = options
  const claude = !switchedOn(place.env.KILO_DISABLE_CLAUDE_CODE)
  const shared = claude ? [".agents", ".claude"] : [".agents"]
  const below = (root: string, trusted: boolean) =>
    shared.map((name) => ({ path: join(root, name, "skills"), trusted }))
  const own = (scope: ConfigFolder["scope"]) =>
    options.folders
      .filter((folder) => folder.scope === scope)
      .flatMap(({ path }) =>
        ["skill", "skills"].map((name) => ({ path: join(path, name), trusted: scope === "global" })),
      )
  const roots = projectRoots(place).filter((root) => root !== place.paths.home)
  const warnings: ConfigWarning[] = []
  const places: Place[] = [
    ...below(place.paths.home, true),
    ...own("global"),
    ...roots.flatMap((root) => below(root, false)),
    ...own("project"),
    ...configured(options, warnings),
  ]
  const found = new Map<string, Skill>()
  for (const skills of await Promise.all(places.map((one) => fromFolder(one, warnings)))) {
    const here = new Map<string, Skill>()
    for (const skill of skills) {
      const twin = here.get(skill.name)
      if (twin) {
        warnings.push({
          path: skill.location,
          message: `The skill "${skill.name}" is described by ${twin.location} as well; this file counts.`,
        })
      }
      here.set(skill.name, skill)
      found.set(skill.name, skill)
    }
  }
  return { skills: [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), warnings }
}

function configured(
  { config, global, place }: { config: Config; global: Config; place: { paths: Paths; directory: string } },
  warnings: ConfigWarning[],
): Place[] {
  const entries = pathsOf(config)
  const users = new Set(pathsOf(global))
  if (urlsOf(config).length > 0) {
    const message =
      "skills.urls is not read: nothing is fetched without being asked for. Put the skill's folder into skills.paths."
    warnings.push({ path: "skills.urls", message })
  }
  return entries.map((entry) => {
    const path = entry.startsWith("~/") ? join(place.paths.home, entry.slice(2)) : entry
    return { path: isAbsolute(path) ? path : resolve(place.directory, path), trusted: users.has(entry) }
  })
}

function pathsOf(config: Config): string[] {
  return config.skills?.paths ?? []
}

function urlsOf(config: Config): string[] {
  return config.skills?.urls ?? []
}

async function fromFolder({ path, trusted }: Place, warnings: ConfigWarning[]): Promise<Skill[]> {
  const files = await findFiles(
    path,
    (name) => name === "SKILL.md",
    (file, message) => warnings.push({ path: file, message }),
  )
  const skills: Skill[] = []
  for (const file of files) {
    const { settings, body, problem } = await parseMarkdown(file.text)
    if (problem !== undefined) {
      warnings.push({
        path: file.path,
        message: `The settings at the top are not valid YAML: ${problem}. What is readable is used.`,
      })
    }
    const name =
      typeof settings.name === "string" && settings.name.trim() ? settings.name.trim() : basename(dirname(file.path))
    if (!/^[\p{L}\p{N}][\p{L}\p{N} ._:-]{0,63}$/u.test(name)) {
      const message = "The skill is ignored: its name must be 1 to 64 letters, digits, dashes, dots or colons."
      warnings.push({ path: file.path, message })
      continue
    }
    const description = typeof settings.description === "string" ? settings.description.trim().replace(/\s+/g, " ") : ""
    if (description === "") {
      const message = `The skill "${name}" has no description, so the model can't know when it helps. Add \`description:\` at the top.`
      warnings.push({ path: file.path, message })
    }
    skills.push({
      name,
      ...(description ? { description: description.slice(0, 1024) } : {}),
      location: file.path,
      content: body,
      trusted,
    })
  }
  return skills
}
