/** Points of docs/guide/spiffe.md against two running SPIREs: what the Workload API gives, and what is left when it is gone. */
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  parseSpiffeId,
  parseTrustDomain,
  verifyJwtSvid,
  verifyX509Svid,
  type TrustBundle,
} from '../../../src/spiffe/index.ts'
import {
  createBundleSource,
  createJwtSource,
  createWorkloadApiClient,
  createX509Source,
} from '../../../src/spiffe/workload-api.ts'
import { createTestClock } from '../../../src/testing/index.ts'
import { eventually } from './eventually.ts'
import { BUILD_MS, startPair, whyNoSpire, type SpirePair } from './pair.ts'
import { rotate } from './rotate.ts'

const missing = await whyNoSpire()
if (missing !== undefined) console.warn(`SPIRE: skipped, for ${missing}`)

const now = (): number => Date.now() / 1000
const AUDIENCE = 'spiffe://org-b.test/workload'

describe.skipIf(missing !== undefined)('two SPIREs: the Workload API', { timeout: 600_000 }, () => {
  let pair: SpirePair
  let stop: (() => Promise<void>) | undefined

  beforeAll(async () => {
    pair = await startPair()
    stop = () => pair.stop()
  }, BUILD_MS)
  afterAll(() => stop?.(), 300_000)

  it('1a. gives SVIDs and bundles of both trust domains, and each verifies with the other’s', async () => {
    for (const [own, other] of [
      [pair.a, pair.b],
      [pair.b, pair.a],
    ] as const) {
      await using client = createWorkloadApiClient({ address: own.socket })
      const { svids, bundles } = await client.fetchX509Context()
      expect(svids.map(({ id }) => id.uri)).toEqual([own.workloadId])
      expect(namesOf(bundles)).toEqual(['org-a.test', 'org-b.test'])
      expect(namesOf(await client.fetchX509Bundles())).toEqual(['org-a.test', 'org-b.test'])
      expect(namesOf(await client.fetchJwtBundles())).toEqual(['org-a.test', 'org-b.test'])

      await using theirs = await createBundleSource({ address: other.socket })
      const [svid] = svids
      const chain = svid!.chain.map(({ der }) => der)
      const verified = await verifyX509Svid(chain, { bundles: theirs, now: now() })
      expect(verified.id.uri).toBe(own.workloadId)

      const tokens = await client.fetchJwtSvids({ audience: AUDIENCE })
      expect(tokens).toHaveLength(1)
      const { id } = await verifyJwtSvid(tokens[0]!.token, {
        bundles: theirs,
        audience: AUDIENCE,
        now: now(),
      })
      expect(id.uri).toBe(own.workloadId)
    }
  })

  it('1b. refuses the SVID of a trust domain whose bundle is not there', async () => {
    await using client = createWorkloadApiClient({ address: pair.a.socket })
    const { svids, bundles } = await client.fetchX509Context()
    const foreign = bundles.find(({ trustDomain }) => trustDomain.name === 'org-b.test')
    const chain = svids[0]!.chain.map(({ der }) => der)
    // Also where somebody answers for every trust domain with the bundle that he has.
    for (const getBundle of [() => undefined, () => foreign]) {
      await expect(verifyX509Svid(chain, { bundles: { getBundle }, now: now() })).rejects.toMatchObject({
        code: 'COMITY_TRUST_DOMAIN_UNKNOWN',
      })
    }
  })

  it('2. agrees with both agents about good and bad tokens', async () => {
    await using client = createWorkloadApiClient({ address: pair.a.socket })
    await using other = createWorkloadApiClient({ address: pair.b.socket })
    await using bundles = await createBundleSource({ address: pair.b.socket })
    const [good] = await client.fetchJwtSvids({ audience: AUDIENCE })
    const [elsewhere] = await client.fetchJwtSvids({ audience: 'spiffe://org-b.test/other' })
    const token = good!.token
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const cases: readonly (readonly [string, string])[] = [
      ['good', token],
      ['of several audiences', (await client.fetchJwtSvids({ audience: ['x', AUDIENCE] }))[0]!.token],
      ['for another', elsewhere!.token],
      [
        'with another subject',
        `${header}.${encode({ ...claims, sub: 'spiffe://org-a.test/x' })}.${signature}`,
      ],
      ['that lives longer', `${header}.${encode({ ...claims, exp: 4e9 })}.${signature}`],
      ['signed with another key', `${header}.${payload}.${elsewhere!.token.split('.')[2]!}`],
      [
        'of an unknown trust domain',
        `${header}.${encode({ ...claims, sub: 'spiffe://c.test/x' })}.${signature}`,
      ],
      ['without algorithm', `${encode({ alg: 'none', kid: 'x' })}.${payload}.`],
      ['cut off', token.slice(0, -4)],
      ['none', 'abc'],
    ]
    const accepts = (judgement: Promise<unknown>): Promise<boolean> =>
      judgement.then(
        () => true,
        () => false,
      )
    const verdicts = await Promise.all(
      cases.map(async ([name, each]) => ({
        name,
        here: await accepts(verifyJwtSvid(each, { bundles, audience: AUDIENCE, now: now() })),
        program: await accepts(
          pair.agent('b', 'api', 'validate', 'jwt', '-audience', AUDIENCE, '-svid', each, '-timeout', '60s'),
        ),
        api: await accepts(other.validateJwtSvid({ token: each, audience: AUDIENCE })),
      })),
    )
    expect(verdicts.filter(({ here, program, api }) => here !== program || here !== api)).toEqual([])
    expect(verdicts.filter(({ here }) => here).map(({ name }) => name)).toEqual([
      'good',
      'of several audiences',
    ])
    const { id } = await other.validateJwtSvid({ token, audience: AUDIENCE })
    expect(id.uri).toBe(pair.a.workloadId)
  })

  it('1c. rotates its authorities, and sources pick that up without a restart', async () => {
    await using source = await createX509Source({ address: pair.a.socket })
    await using tokens = await createJwtSource({ address: pair.a.socket })
    await using theirs = await createBundleSource({ address: pair.b.socket })
    const own = parseTrustDomain('org-a.test')
    const before = source.getX509Svid()
    const authorities = source.getBundle(own)?.x509Authorities.length ?? 0
    const kidBefore = kidOf((await tokens.fetchJwtSvid({ audience: 'before' })).token)

    // Somebody verifies all the while, and nothing may fail.
    const failures: unknown[] = []
    let checks = 0
    const stop = new AbortController()
    const checking = (async () => {
      while (!stop.signal.aborted) {
        const chain = source.getX509Svid().chain.map(({ der }) => der)
        await verifyX509Svid(chain, { bundles: source, now: now() }).catch((error: unknown) =>
          failures.push(error),
        )
        checks += 1
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    })()
    await rotate(pair, 'a', 'x509')
    await rotate(pair, 'a', 'jwt')
    await pair.server('b', 'federation', 'refresh', '-id', 'spiffe://org-a.test')

    await eventually(
      () => (source.getBundle(own)?.x509Authorities.length ?? 0) > authorities || undefined,
      'bundle',
    )
    await eventually(
      () => theirs.getBundle(own)?.x509Authorities.length === authorities + 1 || undefined,
      'bundle at B',
    )
    await eventually(() => (theirs.getBundle(own)?.jwtAuthorities.size ?? 0) > 1 || undefined, 'keys at B')
    const token = await eventually(async () => {
      const { token: each } = await tokens.fetchJwtSvid({ audience: `after ${checks}` })
      return kidOf(each) === kidBefore ? undefined : each
    }, 'a token with the new key')
    stop.abort()
    await checking
    expect(failures).toEqual([])
    expect(checks).toBeGreaterThan(1)
    const audience = (
      JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { aud: string[] }
    ).aud
    await verifyJwtSvid(token, { bundles: theirs, audience, now: now() })
    // What was issued before the rotation is good for as long as the old authority is in the bundle.
    await verifyX509Svid(
      before.chain.map(({ der }) => der),
      { bundles: theirs, now: now() },
    )
  })

  it('6a. keeps what it has when the agent is killed, and recovers by itself', async () => {
    const clock = createTestClock(now())
    const errors: string[] = []
    await using source = await createX509Source({
      address: pair.a.socket,
      clock,
      backoff: { maxMs: 1000 },
      onError: ({ code }) => errors.push(code),
    })
    const held = source.getX509Svid()
    await pair.turn('stop-agent', 'a')
    await eventually(() => errors.length > 1 || undefined, 'the loss is noticed')
    expect(source.getX509Svid()).toBe(held)
    expect(source.getBundle(parseTrustDomain('org-b.test'))?.x509Authorities.length).toBeGreaterThan(0)

    // The socket gone altogether makes no difference.
    await rm(pair.a.socket.replace('unix://', ''), { force: true })
    expect(source.getX509Svid()).toBe(held)

    // Once it has expired, there is none: it fails closed.
    clock.set(held.expiresAt + 1)
    expect(() => source.getX509Svid()).toThrow(
      expect.objectContaining({ code: 'COMITY_SVID_UNAVAILABLE' }) as Error,
    )

    const updates = source.updates()[Symbol.asyncIterator]()
    await updates.next()
    const next = updates.next()
    await pair.turn('start-agent', 'a')
    await next
    clock.set(now())
    expect(source.getX509Svid().id).toEqual(parseSpiffeId(pair.a.workloadId))
  })

  it('6b. starts before its agent does', async () => {
    await pair.turn('stop-agent', 'b')
    const starting = createX509Source({ address: pair.b.socket, backoff: { maxMs: 1000 } })
    await expect(
      createWorkloadApiClient({ address: pair.b.socket }).fetchX509Context(),
    ).rejects.toMatchObject({
      code: 'COMITY_WORKLOAD_API_UNAVAILABLE',
    })
    await pair.turn('start-agent', 'b')
    await using source = await starting
    expect(source.getX509Svid().id.uri).toBe(pair.b.workloadId)
  })

  it('6c. does without the server while the agent has what it needs, and hears of changes once it is back', async () => {
    await using source = await createX509Source({ address: pair.a.socket })
    await using tokens = await createJwtSource({ address: pair.a.socket })
    const cached = await tokens.fetchJwtSvid({ audience: AUDIENCE })
    const own = parseTrustDomain('org-a.test')
    await pair.turn('stop-server', 'a')
    await using late = await createX509Source({ address: pair.a.socket })
    expect(late.getX509Svid().id.uri).toBe(pair.a.workloadId)
    expect(await tokens.fetchJwtSvid({ audience: AUDIENCE })).toEqual(cached)
    // A token that the agent does not have needs the server.
    await expect(tokens.fetchJwtSvid({ audience: 'never asked for before' })).rejects.toMatchObject({
      code: expect.stringMatching(/^COMITY_WORKLOAD_API_/) as string,
    })
    await pair.turn('start-server', 'a')
    const authorities = source.getBundle(own)?.x509Authorities.length ?? 0
    await rotate(pair, 'a', 'x509')
    await eventually(
      () => source.getBundle(own)?.x509Authorities.length !== authorities || undefined,
      'a change',
    )
    expect(source.getX509Svid().expiresAt).toBeGreaterThan(now())
  })
})

function namesOf(bundles: readonly TrustBundle[]): readonly string[] {
  return bundles.map(({ trustDomain }) => trustDomain.name).sort()
}

function kidOf(token: string): string {
  const header = JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }
  return header.kid
}
