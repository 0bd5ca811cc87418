import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from 'comity/adapters/sqlite'
import { issueCredential } from 'comity/credentials'
import { createIssuer } from 'comity/issuer'
import type { Clock } from 'comity/runtime'
import { createStatusPublisher } from 'comity/status'
import { createMemoryStore, type Store } from 'comity/store'
import { createMemoryWallet } from 'comity/wallet'
import { residentAfterCollection } from '../support/memory.ts'
import { figure, type Report } from '../support/result.ts'
import { createKeyHolder, POSTURE } from './parties.ts'

/** How much is issued. */
export interface IssuingEffort {
  /** Credentials to issue and sign. */
  readonly credentials: number
}

const MEBIBYTE = 1024 * 1024
const GROWTH_GOAL_MIB = 64
const LIFETIME_SECONDS = 600
/**
 * A record is kept until a day after its credential's end. The clock moves on so far for each credential that 10,000
 * are kept at a time, which a fifth of the run reaches: from then on they run out as fast as new ones come.
 */
const SECONDS_A_CREDENTIAL = (LIFETIME_SECONDS + 86_400) / 10_000
const UNTIL_STEADY = 0.2

/** Issuing many posture credentials, each with its places in the status lists and its record. */
export async function benchIssuing(bench: string, report: Report, effort: IssuingEffort): Promise<void> {
  let now = Date.now() / 1000
  const clock = { now: () => now }
  const advance = (): void => {
    now += SECONDS_A_CREDENTIAL
  }
  await benchStore('memory', createMemoryStore({ clock, maxEntries: 1_000_000 }))
  const folder = await mkdtemp(join(tmpdir(), 'comity-bench-'))
  const sqlite = createSqliteStore({ file: join(folder, 'store.db'), clock })
  try {
    await benchStore('SQLite', sqlite)
  } finally {
    await sqlite.close()
    await rm(folder, { recursive: true })
  }

  async function benchStore(name: string, store: Store): Promise<void> {
    await issueInto({ bench, name, store, clock, advance }, report, effort)
  }
}

interface Setting {
  readonly bench: string
  readonly name: string
  readonly store: Store
  readonly clock: Clock
  readonly advance: () => void
}

async function issueInto(
  { bench, name: storeName, store, clock, advance }: Setting,
  report: Report,
  { credentials }: IssuingEffort,
): Promise<void> {
  const { did, signer } = await createKeyHolder('Ed25519')
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  const length = 8_388_608
  const lists = { store, signer, issuer: did, url: 'https://lists.example/status', clock, length }
  const issuer = createIssuer({ wallet, did, store, statusLists: createStatusPublisher(lists), clock })
  const work = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      advance()
      const subject = `did:web:agents.example:${String(index % 1000)}`
      await issuer.issue('AgentPostureCredential', {
        subject,
        claims: POSTURE,
        lifetimeSeconds: LIFETIME_SECONDS,
      })
    }
  }
  await work(Math.ceil(credentials * UNTIL_STEADY))
  const before = await residentAfterCollection()
  const start = process.cpuUsage()
  await work(credentials)
  const { user, system } = process.cpuUsage(start)
  const grown = ((await residentAfterCollection()) - before) / MEBIBYTE
  const name = `issue ${String(credentials)} posture credentials, ${storeName}`
  report(figure(bench, name, 'cpu of one', (user + system) / credentials, 'µs'))
  report(figure(bench, name, 'cpu of one, signature alone', await signatureAlone(did), 'µs'))
  report(figure(bench, name, 'RSS grown', grown, 'MiB', GROWTH_GOAL_MIB))
}

/** `issueCredential` and nothing else: no lists, no records. */
async function signatureAlone(did: string): Promise<number> {
  const { did: issuer, signer } = await createKeyHolder('Ed25519')
  const validFrom = Date.now() / 1000
  const runs = 500
  const start = process.cpuUsage()
  for (let run = 0; run < runs; run += 1) {
    await issueCredential({
      signer,
      issuer,
      type: 'AgentPostureCredential',
      subject: did,
      claims: POSTURE,
      validFrom,
      validUntil: validFrom + LIFETIME_SECONDS,
    })
  }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / runs
}
