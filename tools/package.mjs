/**
 * `npm run package`: makes comity.tgz in the checkout, as it is published. (`npm pack` alone would take whatever
 * happens to be in dist, for scripts are off here.)
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pack } from './pack.mjs'
import { ROOT } from './support/main.mjs'

mkdirSync(join(ROOT, '.cache'), { recursive: true })
const folder = mkdtempSync(join(ROOT, '.cache/package-'))
try {
  const problems = pack(folder)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else copyFileSync(join(folder, 'comity.tgz'), join(ROOT, 'comity.tgz'))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
