/** Runs a script's body; a failure ends it with one readable line and exit code 1. A returned number is the exit code. */
export async function main(body) {
  try {
    const code = await body()
    if (typeof code === "number") process.exitCode = code
  } catch (error) {
    console.error(process.env.KILO_DEBUG ? error : `kilo: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}
