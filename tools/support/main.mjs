/** How a check is run from the command line. */
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder that package.json stands in. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Runs a check when its module is the program: prints each problem and sets the exit code.
 * Does nothing when the module is imported, by a test for instance.
 *
 * @param {string} url The `import.meta.url` of the caller.
 * @param {(...args: string[]) => readonly string[]} check Gives the problems; gets the command's arguments.
 */
export function runAsProgram(url, check) {
  const program = process.argv[1]
  if (program === undefined || realpathSync(program) !== fileURLToPath(url)) return
  const problems = check(...process.argv.slice(2))
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}
