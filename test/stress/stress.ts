/**
 * Agents against two gateway processes that share one store file, while one of them is killed again and again and the
 * event stream is cut. What held is judged afterwards, from what the clients wrote down.
 *
 * npm run stress [-- --short] [--control ignore-event] [--report FILE] [--keep FOLDER]
 */
// Before the bundle: its imports of packages come first, and one of them wants to find this.
import '../../src/testing/reflect.ts'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import type * as Run from './run.ts'

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    control: { type: 'string' },
    report: { type: 'string' },
    keep: { type: 'string' },
  },
})
if (values.control !== undefined && values.control !== 'ignore-event') {
  throw new TypeError('the only control is `ignore-event`')
}

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url))
mkdirSync(cache, { recursive: true })
const bundle = mkdtempSync(join(cache, 'stress-'))
try {
  // Compiled once: five processes that each compile the sources for themselves take most of a small machine's time.
  await build({
    entryPoints: ['run.ts', 'roles/acme.ts', 'roles/gateway.ts'].map((name) => join(here, name)),
    outdir: bundle,
    outbase: here,
    bundle: true,
    packages: 'external',
    conditions: ['comity-source'],
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // For the package's readers its modules have no side effects; the one above has.
    ignoreAnnotations: true,
    logLevel: 'warning',
  })
  process.execArgv = process.execArgv.filter((argument) => argument === '--expose-gc')
  const { stress } = (await import(pathToFileURL(join(bundle, 'run.js')).href)) as typeof Run
  const { control, ...others } = values
  const isHeld = await stress({
    ...others,
    ...(control === undefined ? {} : { control: 'ignore-event' as const }),
    roles: pathToFileURL(join(bundle, 'roles/')),
  })
  process.exitCode = isHeld ? 0 : 1
} finally {
  rmSync(bundle, { recursive: true, force: true })
}
