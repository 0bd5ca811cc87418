import { createStatusChecker, createStatusPublisher } from 'comity/status'
import { createMemoryStore } from 'comity/store'
import { createDidResolver } from 'comity/did'
import type { GuardedFetch } from 'comity/net'
import { figure, type Report } from '../support/result.ts'
import { median } from '../support/statistics.ts'
import { createKeyHolder } from './parties.ts'

/** How much is looked up and changed. */
export interface StatusEffort {
  /** Entries of the list. */
  readonly entries: number
  /** Look-ups in a list that is at hand. */
  readonly checks: number
  /** Changes of one bit, each signed and stored. */
  readonly changes: number
}

const CHECK_GOAL_US = 10
const FLIP_GOAL_MS = 50

/** A long Bitstring list: a look-up when it is at hand, and a change of one bit until it is stored. */
export async function benchStatus(bench: string, report: Report, effort: StatusEffort): Promise<void> {
  const { did, signer } = await createKeyHolder('Ed25519')
  const store = createMemoryStore()
  const url = 'https://lists.example/status'
  const publisher = createStatusPublisher({ store, signer, issuer: did, url, length: effort.entries })
  const fetch = servingLists(publisher.credential)
  const resolver = createDidResolver({ fetch, cacheSeconds: 300 })
  const checker = createStatusChecker({ fetch, resolver })
  const entries = await publisher.allocate(['revocation'])
  const question = { entries, issuer: did, now: Date.now() / 1000 }
  await checker.check(question)
  const start = process.cpuUsage()
  for (let check = 0; check < effort.checks; check += 1) await checker.check(question)
  const { user, system } = process.cpuUsage(start)
  const name = `Bitstring list of ${String(effort.entries)}`
  report(figure(bench, name, 'check, warm', (user + system) / effort.checks, 'µs', CHECK_GOAL_US))

  const times: number[] = []
  for (let change = 0; change < effort.changes; change += 1) {
    const [entry] = await publisher.allocate(['suspension'])
    if (entry === undefined) throw new Error('no entry was given')
    const before = performance.now()
    await publisher.set(entry, true)
    times.push(performance.now() - before)
  }
  report(figure(bench, name, 'flip, sign and store', median(times), 'ms', FLIP_GOAL_MS))
}

/** Lists from this process, as if they were on the network. */
function servingLists(credential: (url: string) => Promise<string | undefined>): GuardedFetch {
  const reach = async (
    url: string,
  ): Promise<{ url: string; status: number; headers: Headers; body: Uint8Array }> => {
    const token = await credential(url)
    const headers = new Headers({ 'content-type': 'application/vc+jwt' })
    return { url, status: token === undefined ? 404 : 200, headers, body: new TextEncoder().encode(token) }
  }
  const refuse = (): Promise<never> => Promise.reject(new Error('there are no streams here'))
  return Object.assign(reach, { stream: refuse, close: () => undefined })
}
