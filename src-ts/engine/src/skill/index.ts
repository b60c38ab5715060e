export { loadSkills } from "./skills.ts"
export { removeSkill, skillText } from "./text.ts"
export * from "./types.ts"
