import { describe, expect, it } from 'vitest'
import {
  babyJubJubJwk,
  createAnchorPublisher,
  createZkSigner,
  generateZkPrivateKey,
  parseAnchorDocument,
  statusTree,
  verifyAnchorList,
  type AnchorPublisher,
  type DemandTemplate,
} from '../../src/zk/index.ts'
import { codeOf } from '../support/codes.ts'
import {
  createIssuers,
  createVerifier,
  createWorld,
  publishAnchors,
  settle,
  START,
  takePlace,
  trustAllBut,
  TYPE,
} from './support/anchors-world.ts'

const issuersOf = (publisher: AnchorPublisher): readonly string[] =>
  publisher.current(TYPE).leaves.map(({ issuer }) => issuer)

describe('the publisher of anchors', () => {
  it('reads nothing before it is started, and then has a list that others can verify', async () => {
    const { world, issuers, first } = await createIssuers()
    const { publisher, verifier, epochs, codes } = await publishAnchors(world, issuers)
    expect(world.requests).toEqual([])
    expect(codeOf(() => publisher.current(TYPE))).toBe('COMITY_ZK_ANCHORS_UNAVAILABLE')
    await publisher.noteChange({ issuer: first.did })
    expect(world.requests).toEqual([])
    await publisher.startEpoch()
    expect(codes()).toEqual([])
    const current = publisher.current(TYPE)
    expect(current).toMatchObject({ epoch: START, expiresAt: START + 600, epochSeconds: 600 })
    const { digest, jws } = current
    const verified = await verifyAnchorList(jws, {
      digest,
      issuer: verifier.did,
      resolver: world.resolver,
      now: START,
    })
    expect(verified.leaves.map(({ key }) => key)).toEqual(issuers.map(({ zkSigner }) => zkSigner.publicKey))
    expect(epochs).toEqual([{ epoch: START, urgent: false, types: [TYPE], anchors: [current] }])
    await publisher.close()
  })

  it('has the root of what was revoked and suspended in all lists of an issuer together', async () => {
    const { world, issuers, first } = await createIssuers()
    const [a, b, c] = [await takePlace(first), await takePlace(first), await takePlace(first)]
    await a.set(true)
    await b.set(true, 'suspension')
    await c.set(true)
    const { publisher } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    const revoked = new Set([a, b, c].map(({ reference }) => reference.idx))
    const tree = statusTree({ length: 131_072, get: (index) => revoked.has(index) })
    expect(publisher.current(TYPE).leaves[0]?.statusRoot).toBe(tree.root)
    await publisher.close()
  })

  it('starts an epoch at each multiple of its length, with what has changed, and nobody is cut off', async () => {
    const { world, issuers, first } = await createIssuers()
    const { publisher, timers, epochs } = await publishAnchors(world, issuers)
    world.clock.set(START + 123.4)
    await publisher.startEpoch()
    expect(publisher.current(TYPE)).toMatchObject({ epoch: START + 123, expiresAt: START + 600 })
    const { statusRoot } = publisher.current(TYPE).leaves[0] ?? {}
    const { set } = await takePlace(first)
    await set(true)
    await timers.advance(400)
    expect(epochs).toHaveLength(1)
    await timers.advance(77)
    expect(epochs.slice(1)).toMatchObject([{ epoch: START + 600, urgent: false }])
    expect(publisher.current(TYPE).leaves[0]?.statusRoot).not.toBe(statusRoot)
    await timers.advance(600)
    expect(epochs.map(({ epoch }) => epoch)).toEqual([START + 123, START + 600, START + 1200])
    expect(timers.waiting).toBe(1)
    await publisher.close()
    expect(timers.waiting).toBe(0)
  })

  it('starts an urgent epoch at once when an issuer has taken something back, reading that issuer alone', async () => {
    const { world, issuers, first, second } = await createIssuers()
    const { publisher, timers, epochs } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    const { set } = await takePlace(first)
    await set(true)
    await timers.advance(30)
    world.requests.length = 0
    await publisher.noteChange({ issuer: first.did })
    expect(epochs.slice(1)).toMatchObject([{ epoch: START + 30, urgent: true, types: [TYPE] }])
    expect(world.requests.some((url) => url.includes('issuer1'))).toBe(true)
    expect(world.requests.some((url) => url.includes('issuer2'))).toBe(false)
    expect(issuersOf(publisher)).toEqual([first.did, second.did])
    await publisher.close()
  })

  it('starts no epoch for an event without consequence, and no urgent one for what is given back', async () => {
    const { world, issuers, first } = await createIssuers()
    const { set } = await takePlace(first)
    await set(true, 'suspension')
    const { publisher, timers, epochs } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    const { digest } = publisher.current(TYPE)
    await publisher.noteChange({ issuer: first.did })
    await publisher.noteChange({ issuer: 'did:web:stranger.example' })
    expect(publisher.current(TYPE).digest).toBe(digest)
    await set(false, 'suspension')
    await timers.advance(10)
    await publisher.noteChange({ issuer: first.did })
    expect(epochs.slice(1)).toMatchObject([{ epoch: START + 10, urgent: false }])
    await publisher.close()
  })

  it('counts a key that is gone as taken back', async () => {
    const { world, issuers, first } = await createIssuers()
    const { publisher, timers, epochs } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    await timers.advance(10)
    const next = createZkSigner({ kid: `${first.did}#zk-1`, privateKey: generateZkPrivateKey() })
    first.publish({ keys: [babyJubJubJwk(next.publicKey)] })
    await publisher.noteChange({ issuer: first.did })
    expect(epochs.at(-1)).toMatchObject({ urgent: true })
    expect(publisher.current(TYPE).leaves[0]?.key).toEqual(next.publicKey)
    first.publish({ keys: [babyJubJubJwk(next.publicKey), babyJubJubJwk(first.zkSigner.publicKey)] })
    await timers.advance(10)
    await publisher.noteChange({ issuer: first.did })
    expect(epochs.at(-1)).toMatchObject({ urgent: false })
    expect(issuersOf(publisher).filter((issuer) => issuer === first.did)).toHaveLength(2)
    await publisher.close()
  })

  it('asks the trust port about each issuer and type, at every epoch', async () => {
    const { world, issuers, first, second } = await createIssuers()
    const refused: string[] = []
    const asked: object[] = []
    const { publisher, codes, timers } = await publishAnchors(world, issuers, {
      trust: {
        judge: async (question) => {
          asked.push({ ...question, budget: undefined })
          if (question.issuer === 'did:web:issuer9.example') throw new TypeError('never asked')
          return trustAllBut(...refused).judge(question)
        },
      },
    })
    await publisher.startEpoch()
    expect(asked[0]).toMatchObject({ issuer: first.did, type: TYPE, audience: 'did:web:globex.example' })
    expect(issuersOf(publisher)).toEqual([first.did, second.did])
    refused.push(first.did)
    await timers.advance(600)
    expect(issuersOf(publisher)).toEqual([second.did])
    expect(codes()).toEqual(['COMITY_ISSUER_NOT_TRUSTED'])
    await publisher.close()
  })

  it('has concurrent calls share an epoch, and one urgent epoch a second, the last one always', async () => {
    const { world, issuers, first } = await createIssuers()
    const { publisher, timers, epochs } = await publishAnchors(world, issuers)
    await Promise.all([publisher.startEpoch(), publisher.startEpoch(), publisher.startEpoch()])
    expect(epochs).toHaveLength(1)
    const done: string[] = []
    const urgent = (name: string): void => {
      void publisher.startEpoch({ urgent: true }).then(() => done.push(name))
    }
    urgent('a')
    await settle()
    urgent('b')
    urgent('c')
    const { set } = await takePlace(first)
    await set(true)
    void publisher.noteChange({ issuer: first.did }).then(() => done.push('d'))
    await settle()
    expect(done).toEqual(['a'])
    await timers.advance(0.5)
    expect(done).toEqual(['a'])
    await timers.advance(0.5)
    expect(done.toSorted()).toEqual(['a', 'b', 'c', 'd'])
    expect(epochs.map(({ epoch, urgent: was }) => [epoch, was])).toEqual([
      [START, false],
      [START + 1, true],
      [START + 2, true],
    ])
    await publisher.close()
  })

  it('reads no more issuers at a time than it may', async () => {
    const { world, issuers } = await createIssuers(6)
    const { publisher } = await publishAnchors(world, issuers, { maxParallel: 2 })
    await publisher.startEpoch()
    expect(issuersOf(publisher)).toHaveLength(6)
    expect(world.peak.value).toBe(2)
    await publisher.close()
  })

  it('serves the current list and the one before, each with all status lists', async () => {
    const { world, issuers } = await createIssuers()
    const { publisher, timers } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    const digests = [publisher.current(TYPE).digest]
    for (let round = 0; round < 2; round++) {
      await timers.advance(600)
      digests.push(publisher.current(TYPE).digest)
    }
    const [oldest, before, now] = digests.map((digest) => publisher.document(digest))
    expect(oldest).toBeUndefined()
    expect(before).toBeDefined()
    const { anchors, statusLists } = parseAnchorDocument(now ?? '')
    expect(anchors).toBe(publisher.current(TYPE).jws)
    expect([...statusLists.keys()]).toEqual([
      'https://issuer1.example/status/token/1',
      'https://issuer2.example/status/token/1',
    ])
    await publisher.close()
  })

  it('completes a template with the current list, and refuses what is none', async () => {
    const { world, issuers } = await createIssuers()
    const { publisher, timers } = await publishAnchors(world, issuers)
    const query = { id: 'posture', format: 'comity-zk' as const, meta: { type_values: [[TYPE]] } }
    const template: DemandTemplate = { credentials: [query], channel: { binding: 'off' } }
    expect(codeOf(() => publisher.complete(template))).toBe('COMITY_ZK_ANCHORS_UNAVAILABLE')
    await publisher.startEpoch()
    const { digest, epoch } = publisher.current(TYPE)
    const demand = publisher.complete(template)
    expect(demand.credentials?.[0]?.meta).toEqual({ type_values: [[TYPE]], anchors: digest, epoch })
    expect(demand.channel).toEqual({ binding: 'off' })
    expect(publisher.complete(template)).toBe(demand)
    await timers.advance(600)
    expect(publisher.complete(template).credentials?.[0]?.meta).toMatchObject({ epoch: START + 600 })
    const foreign = { credentials: [{ ...query, meta: { type_values: [['OrganizationCredential']] } }] }
    expect(() => publisher.complete(foreign)).toThrow(TypeError)
    const full = { credentials: [{ ...query, meta: { ...query.meta, epoch: 1 } }] }
    expect(() => publisher.complete(full)).toThrow(TypeError)
    const empty = { credentials: [{ ...query, id: '' }] }
    expect(codeOf(() => publisher.complete(empty))).toBe('COMITY_DEMAND_INVALID')
    await publisher.close()
  })

  it('has no list any more a minute after its epoch, should none follow', async () => {
    const { world, issuers } = await createIssuers()
    const { publisher } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    await publisher.close()
    world.clock.set(START + 659)
    expect(publisher.current(TYPE).epoch).toBe(START)
    world.clock.set(START + 660)
    expect(codeOf(() => publisher.current(TYPE))).toBe('COMITY_ZK_ANCHORS_UNAVAILABLE')
    await expect(publisher.startEpoch()).rejects.toThrow(TypeError)
    await publisher.noteChange({ issuer: 'did:web:issuer1.example' })
  })

  it('has no list when it cannot sign one, and says so', async () => {
    const { world, issuers, first } = await createIssuers()
    const verifier = await createVerifier(world)
    let isBroken = false
    const signer = {
      ...verifier.signer,
      sign: async (bytes: Uint8Array<ArrayBuffer>) => {
        if (isBroken) throw new RangeError('no key')
        return verifier.signer.sign(bytes)
      },
    }
    const { publisher, epochs, codes } = await publishAnchors(world, issuers, { signer })
    await publisher.startEpoch()
    isBroken = true
    const { set } = await takePlace(first)
    await set(true)
    await publisher.noteChange({ issuer: first.did })
    expect(codes()).toEqual(['COMITY_ZK_ANCHORS_UNAVAILABLE'])
    expect(codeOf(() => publisher.current(TYPE))).toBe('COMITY_ZK_ANCHORS_UNAVAILABLE')
    expect(epochs.at(-1)).toMatchObject({ urgent: true, types: [TYPE], anchors: [] })
    await publisher.close()
  })

  it.each([
    [{ epochSeconds: 59 }],
    [{ epochSeconds: 3601 }],
    [{ maxParallel: 0 }],
    [{ anchored: [] }],
    [{ anchored: [{ type: TYPE, issuers: ['acme'] }] }],
    [{ anchored: Array.from({ length: 2 }, () => ({ type: TYPE, issuers: [] })) }],
    [{ did: 'did:web:acme.example' }],
  ])('refuses options that are out of range: %j', async (more) => {
    const world = createWorld()
    const { did, signer } = await createVerifier(world)
    const { resolver, fetch } = world
    const anchored = [{ type: TYPE, issuers: [] }]
    const options = { did, signer, resolver, fetch, anchored, trust: trustAllBut() }
    expect(() => createAnchorPublisher(options)).not.toThrow()
    expect(() => createAnchorPublisher({ ...options, ...more })).toThrow(TypeError)
  })
})
