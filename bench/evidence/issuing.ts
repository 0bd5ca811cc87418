import { issueCredential } from 'comity/credentials'
import { createIssuer } from 'comity/issuer'
import { createStatusPublisher } from 'comity/status'
import { createMemoryStore } from 'comity/store'
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
/** The clock moves on so that what is issued runs out as fast as new credentials come. */
const LIFETIME_SECONDS = 600
const ISSUED_A_SECOND = 10
const UNTIL_STEADY = 0.2

/** Issuing many posture credentials, each with its places in the status lists and its record. */
export async function benchIssuing(
  bench: string,
  report: Report,
  { credentials }: IssuingEffort,
): Promise<void> {
  let now = Date.now() / 1000
  const clock = { now: () => now }
  const { did, signer } = await createKeyHolder('Ed25519')
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  const store = createMemoryStore({ clock, maxEntries: 1_000_000 })
  const length = 8_388_608
  const lists = { store, signer, issuer: did, url: 'https://lists.example/status', clock, length }
  const issuer = createIssuer({ wallet, did, store, statusLists: createStatusPublisher(lists), clock })
  const work = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      now += 1 / ISSUED_A_SECOND
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
  const name = `issue ${String(credentials)} posture credentials`
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
