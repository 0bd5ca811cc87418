/**
 * `npm run bench -- NAME [--json]`: builds the package, compiles `bench` against what was built, and runs it, so
 * that what is measured is what is published.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build } from './build.mjs'
import { ROOT } from './support/main.mjs'

const problems = build(join(ROOT, 'dist'))
const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
const compile = [tsc, '-p', join(ROOT, 'bench/tsconfig.build.json'), '--pretty', 'false']
if (problems.length === 0) {
  const { status, stdout } = spawnSync(process.execPath, compile, { encoding: 'utf8' })
  if (status !== 0) problems.push(stdout.trim())
}
if (problems.length > 0) {
  for (const problem of problems) console.error(problem)
  process.exitCode = 1
} else {
  const program = join(ROOT, '.cache/bench/bench/main.js')
  const args = [program, ...process.argv.slice(2)]
  process.exitCode = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status ?? 1
}
