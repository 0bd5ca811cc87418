/**
 * Runs one benchmark: `main NAME [--json]`. See docs/performance.md.
 */
import { parseArgs } from 'node:util'
import { benchEvidence } from './evidence.ts'
import { benchHandshake } from './handshake.ts'
import { benchSession } from './session.ts'
import { benchSpiffe } from './spiffe.ts'
import { formatTable, type BenchResult, type Report } from './support/result.ts'
import { benchZk } from './zk.ts'

const BENCHES: Readonly<Record<string, (report: Report) => Promise<void>>> = {
  evidence: (report) => benchEvidence(report),
  handshake: (report) => benchHandshake(report),
  session: (report) => benchSession(report),
  spiffe: (report) => benchSpiffe(report),
  zk: (report) => benchZk(report),
}

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true })
const [name = ''] = positionals
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined
if (bench === undefined) {
  console.error(`usage: npm run bench -- NAME [--json], one of: ${Object.keys(BENCHES).join(', ')}`)
  process.exitCode = 2
} else {
  const results: BenchResult[] = []
  await bench((result) => {
    results.push(result)
    if (values.json === true) console.log(JSON.stringify(result))
  })
  if (values.json !== true) console.log(formatTable(results))
}
