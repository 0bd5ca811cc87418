/**
 * `npm run interop:spire`: the tests against two real SPIREs. It builds SPIRE where that was not done before, runs the
 * tests, which start and stop trust domains of their own, and at the end stops what a test that died has left.
 *
 * node tools/spire/run.mjs [--storm] [further arguments for vitest]
 *
 * With `--storm`, SVIDs change and requests come for ten minutes; or for as many seconds as COMITY_STORM_SECONDS says.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../support/main.mjs'

const STORM_SECONDS = '600'
const words = process.argv.slice(2)
const isStorm = words.includes('--storm')
// Short: the path of a unix socket has 107 bytes at most.
const folder = mkdtempSync(join(tmpdir(), 'spire-'))

const child = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    'vitest.interop.config.ts',
    'test/interop/spire',
    ...words.filter((word) => word !== '--storm'),
  ],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      COMITY_SPIRE_DIR: folder,
      ...(isStorm && { COMITY_STORM_SECONDS: process.env['COMITY_STORM_SECONDS'] ?? STORM_SECONDS }),
    },
  },
)
// The terminal sends these to the child as well; what is left then is to sweep up.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => child.kill(signal))
}
try {
  const [code] = /** @type {[number | null]} */ (await once(child, 'exit'))
  process.exitCode = code ?? 1
} finally {
  for (const name of readdirSync(folder)) {
    spawnSync(join(import.meta.dirname, 'two-domains.sh'), ['stop', join(folder, name)], { stdio: 'inherit' })
  }
  rmSync(folder, { recursive: true, force: true })
}
