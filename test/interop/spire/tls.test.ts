/** Mutual TLS between workloads of two SPIREs, also while their SVIDs change all the time. */
import type { Agent } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  authorizeId,
  authorizeMemberOf,
  createBundleSet,
  parseSpiffeId,
  parseTrustDomain,
  type Authorizer,
} from '../../../src/spiffe/index.ts'
import { createTlsAgent } from '../../../src/spiffe/tls.ts'
import { createX509Source, type X509Source } from '../../../src/spiffe/workload-api.ts'
import { createSpiffeAuthority } from '../../../src/testing/index.ts'
import { eventually } from './eventually.ts'
import { BUILD_MS, startPair, whyNoSpire, type SpirePair } from './pair.ts'
import { ask, startPeerServer, type PeerServer } from './requests.ts'

const missing = await whyNoSpire()
/** How long the storm lasts. An SVID lives for a minute and is renewed when half of it is over. */
const STORM_SECONDS = Number(process.env['COMITY_STORM_SECONDS'] ?? 75)
const PER_SECOND = 200
/** How long connections are kept. */
const KEPT_SECONDS = 10
const SVID_LIFE = '60s'

describe.skipIf(missing !== undefined)('two SPIREs: mutual TLS', { timeout: 600_000 }, () => {
  let pair: SpirePair
  let stop: (() => Promise<void>) | undefined

  beforeAll(async () => {
    pair = await startPair({ X509_TTL: SVID_LIFE })
    stop = () => pair.stop()
  }, BUILD_MS)
  afterAll(() => stop?.(), 300_000)

  async function sources(): Promise<{ readonly a: X509Source; readonly b: X509Source }> {
    const [a, b] = await Promise.all([
      createX509Source({ address: pair.a.socket }),
      createX509Source({ address: pair.b.socket }),
    ])
    onTestFinished(() => [a, b].forEach((source) => source.close()))
    return { a, b }
  }

  async function serverOf(source: X509Source, authorize: Authorizer, bundles = source): Promise<PeerServer> {
    const server = await startPeerServer({ source, bundles, authorize })
    onTestFinished(() => server.close())
    return server
  }

  it('4a. connects both ways, and each end knows who the other is', async () => {
    const { a, b } = await sources()
    for (const [own, other, from, to] of [
      [a, b, pair.a, pair.b],
      [b, a, pair.b, pair.a],
    ] as const) {
      const server = await serverOf(other, authorizeMemberOf(parseTrustDomain(from.trustDomain)))
      const authorize = authorizeId(parseSpiffeId(to.workloadId))
      const agent = createTlsAgent({ source: own, bundles: own, authorize })
      expect(await ask(agent, server.port)).toEqual({ server: to.workloadId, client: from.workloadId })
    }
  })

  it('4b. refuses a server that is another one, or of a trust domain without a bundle', async () => {
    const { a, b } = await sources()
    const server = await serverOf(b, authorizeMemberOf(parseTrustDomain('org-a.test')))
    const wrongId = authorizeId(parseSpiffeId('spiffe://org-b.test/another'))
    await expect(
      ask(createTlsAgent({ source: a, bundles: a, authorize: wrongId }), server.port),
    ).rejects.toMatchObject({
      code: 'COMITY_SPIFFE_ID_NOT_AUTHORIZED',
    })
    const own = a.getBundle(parseTrustDomain('org-a.test'))!
    const authorize = authorizeMemberOf(parseTrustDomain('org-b.test'))
    const without = createTlsAgent({ source: a, bundles: createBundleSet([own]), authorize })
    await expect(ask(without, server.port)).rejects.toThrow()
  })

  it('4c. refuses clients that are not authorized, of an unknown trust domain, or nobody', async () => {
    const { a, b } = await sources()
    const server = await serverOf(b, authorizeId(parseSpiffeId('spiffe://org-a.test/another')))
    const authorize = authorizeId(parseSpiffeId(pair.b.workloadId))
    const stranger = await createSpiffeAuthority('org-a.test')
    const svid = await stranger.issueX509Svid('/another')
    for (const source of [a, { getX509Svid: () => svid }, undefined]) {
      const agent = createTlsAgent({ bundles: a, authorize, ...(source !== undefined && { source }) })
      await expect(ask(agent, server.port)).rejects.toThrow()
    }
    await eventually(() => server.refusals.length >= 3 || undefined, 'the server refuses all three')
    expect(server.refusals).toContain('COMITY_SPIFFE_ID_NOT_AUTHORIZED')
  })

  it(
    'a storm: SVIDs that live for a minute, many requests a second, and none fails',
    { timeout: (STORM_SECONDS + 600) * 1000 },
    async () => {
      const before = handles()
      const [a, b] = await Promise.all([
        createX509Source({ address: pair.a.socket }),
        createX509Source({ address: pair.b.socket }),
      ])
      const server = await startPeerServer({
        source: b,
        bundles: b,
        authorize: authorizeId(parseSpiffeId(pair.a.workloadId)),
      })
      const rules = { source: a, bundles: a, authorize: authorizeId(parseSpiffeId(pair.b.workloadId)) }
      // Most requests over connections that are kept for a while, one in ten over one of its own.
      const keeping = (): Agent => createTlsAgent(rules, { keepAlive: true, maxSockets: 16 })
      let kept = keeping()
      const fresh = createTlsAgent(rules)
      const seen = { a: new Set<string>(), b: new Set<string>() }
      const failures: unknown[] = []
      const open = new Set<Promise<void>>()
      const start = Date.now()
      let sent = 0
      // The rate is what is aimed at; on a machine that is too slow for it the requests come as fast as it can.
      while (Date.now() - start < STORM_SECONDS * 1000) {
        const due = Math.floor(((Date.now() - start) / 1000) * PER_SECOND)
        for (; sent < due && open.size < 256; sent += 1) {
          if (sent % (KEPT_SECONDS * PER_SECOND) === 0) {
            const last = kept
            kept = keeping()
            void Promise.all(open).then(() => last.destroy())
          }
          const asking = ask(sent % 10 === 0 ? fresh : kept, server.port).then(
            ({ server: to, client: from }) => {
              if (to !== pair.b.workloadId || from !== pair.a.workloadId) failures.push({ to, from })
            },
            (error: unknown) => void failures.push(error),
          )
          const one = asking.finally(() => open.delete(one))
          open.add(one)
        }
        seen.a.add(a.getX509Svid().chain[0]!.fingerprint)
        seen.b.add(b.getX509Svid().chain[0]!.fingerprint)
        await wait(5)
      }
      await Promise.all(open)
      expect(failures.slice(0, 5)).toEqual([])
      expect(sent).toBeGreaterThan(STORM_SECONDS)
      console.info(`storm: ${sent} requests in ${STORM_SECONDS} s, ${seen.a.size} and ${seen.b.size} SVIDs`)
      expect(seen.a.size).toBeGreaterThan(1)
      expect(seen.b.size).toBeGreaterThan(1)

      kept.destroy()
      fresh.destroy()
      await server.close()
      a.close()
      b.close()
      // A handle goes when the loop gets to it.
      await eventually(
        () => (same(handles(), before) ? true : undefined),
        'all sockets and timers are gone',
      ).catch(() => {
        expect(handles()).toEqual(before)
      })
    },
  )
})

/** What keeps the process, or could: by kind. */
function handles(): Readonly<Record<string, number>> {
  const kinds = process
    .getActiveResourcesInfo()
    .filter((kind) => /TLS|TCP|Pipe|Timeout|Immediate|MessagePort/.test(kind))
  return Object.fromEntries(
    [...new Set(kinds)].sort().map((kind) => [kind, kinds.filter((each) => each === kind).length]),
  )
}

/** The test itself waits with a timer. */
function same(now: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>): boolean {
  return Object.entries(now).every(([kind, count]) => count <= (before[kind] ?? 0))
}
