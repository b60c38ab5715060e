import type { Command } from "./types.ts"

const INIT = `Write the file AGENTS.md at the top of this project: what a coding agent must know before it changes anything here.

Look first: the README, the manifests and lock files, the build and CI files, the lint and format settings, the layout of the sources, a few typical sources and tests. If AGENTS.md, CLAUDE.md, .cursor/rules, .cursorrules or .github/copilot-instructions.md exist, keep what is still true in them and improve AGENTS.md instead of starting over.

Write what can't be seen at a glance:
- the commands to build, to check types and style, to run all tests, and to run a single one; try those that are quick and write down what really works;
- how the parts fit together and which way dependencies go;
- conventions that the code follows and that a newcomer would break: names, errors, tests, imports;
- traps: generated files, order of steps, services that must run.

Some 20 to 60 lines of Markdown, no general advice, nothing that the file tree shows anyway, no secrets.

$ARGUMENTS`

const REVIEW = `Review changes and report what should be fixed before they are merged. Change nothing.

What to review: $ARGUMENTS
If nothing is named, take what is not committed yet, staged, unstaged and new files alike; if there is nothing, the commits of this branch that its base branch lacks. A commit, a branch, a pull request's number (when gh is there) or a path may be named instead.

Read the whole diff with git, then the code around each change: callers, tests, the types involved. Look for wrong results and missed cases, broken callers, races and leaks, unsafe handling of input from outside, lost errors, missing tests for new behaviour, and breaks with the project's own conventions. Prove each finding in the code before you report it; leave out taste and what a linter finds.

Answer with the findings, worst first: path:line, what goes wrong and when, and the smallest fix. Then one line on what you checked and could not check. If nothing is wrong, say so.`

/** Commands that are always there; a command of the user's with the same name takes their place. */
export const BUILT_IN: Command[] = [
  {
    name: "init",
    description: "Write or improve AGENTS.md for this project",
    source: "command",
    trusted: true,
    template: INIT,
    hints: ["$ARGUMENTS"],
  },
  {
    name: "review",
    description: "Review uncommitted changes, a commit, a branch or a path",
    source: "command",
    trusted: true,
    template: REVIEW,
    hints: ["$ARGUMENTS"],
  },
]
