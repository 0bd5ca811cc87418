/**
 * `npm run example -- NAME`: runs `examples/NAME.ts` against the sources.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './support/main.mjs'

const names = readdirSync(join(ROOT, 'examples'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
const [name] = process.argv.slice(2)
if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run example -- NAME, one of: ${names.join(', ')}`)
  process.exitCode = 2
} else {
  const args = ['--import', 'tsx', '--conditions=comity-source', join('examples', `${name}.ts`)]
  process.exitCode = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status ?? 1
}
