import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCast, type Cast } from './cast.ts'
import { createReport } from './report.ts'
import { runSteps } from './steps.ts'

/** How the demo is run. */
export interface DemoOptions {
  /** One JSON object a line: `{"step", "ok", "ms", "detail"}`. */
  readonly json: boolean
  /** A folder of `tools/spire/two-domains.sh`, whose first trust domain becomes Acme's; undefined for no SPIRE. */
  readonly spire: string | undefined
  /** Leaves the processes running until this one is interrupted. */
  readonly keep: boolean
  /** Writes one line to standard output. */
  readonly write: (line: string) => void
}

/**
 * Runs the whole path between two organizations, each party a process of its own, over HTTPS on loopback.
 *
 * @returns The exit code: 0 when every step went as it must, else 1.
 */
export async function runDemo({ json, keep, spire, write }: DemoOptions): Promise<number> {
  const cast = await startCast(spire)
  try {
    const ok = await runSteps(cast, createReport({ json, write }))
    if (keep) await untilInterrupted(cast, write)
    return ok ? 0 : 1
  } finally {
    await cast.stop()
  }
}

async function untilInterrupted({ ca, dids, origins }: Cast, write: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'comity-demo-'))
  const file = join(folder, 'ca.pem')
  const hosts = [origins.acme, origins.globex, origins.mallory].map((origin) => new URL(origin).host)
  const open = hosts.map((host) => `--allow-loopback ${host}`).join(' ')
  try {
    await writeFile(file, ca)
    write('')
    write('Still running; Ctrl-C ends it. Try, from another shell:')
    write(`  curl --cacert ${file} ${origins.acme}/.well-known/did.json`)
    write(`  curl --cacert ${file} -i ${origins.globex}/invoices/2026-10`)
    write(`  npx comity did resolve ${dids.gateway} --ca ${file} ${open}`)
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve)
      process.once('SIGTERM', resolve)
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}
