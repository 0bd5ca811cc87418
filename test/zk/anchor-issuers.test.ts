import { describe, expect, it } from 'vitest'
import { signJws } from '../../src/keys/index.ts'
import { createTokenStatusList, encodeTokenStatusList } from '../../src/status/index.ts'
import { babyJubJubJwk, type AnchorPublisher } from '../../src/zk/index.ts'
import {
  createAnchoredIssuer,
  createIssuers,
  createWorld,
  publishAnchors,
  START,
  TYPE,
  type AnchoredIssuer,
} from './support/anchors-world.ts'

const issuersOf = (publisher: AnchorPublisher): readonly string[] =>
  publisher.current(TYPE).leaves.map(({ issuer }) => issuer)

describe('who is left out of an anchor list', () => {
  it('leaves out an issuer that cannot be read, at once and for everybody', async () => {
    const { world, issuers, first, second } = await createIssuers()
    const { publisher, timers, epochs, codes } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    await timers.advance(10)
    world.pages.set('https://issuer1.example/status/token/1', async () => 500)
    await publisher.noteChange({ issuer: first.did })
    expect(codes()).toEqual(['COMITY_STATUS_UNAVAILABLE'])
    expect(issuersOf(publisher)).toEqual([second.did])
    expect(epochs.at(-1)).toMatchObject({ urgent: true })
    await publisher.close()
  })

  it.each<[string, string, (issuer: AnchoredIssuer, world: ReturnType<typeof createWorld>) => void]>([
    ['has no key for it', 'COMITY_ZK_ISSUER_KEY_MISSING', (issuer) => issuer.publish({ keys: [] })],
    ['names no status lists', 'COMITY_STATUS_UNAVAILABLE', (issuer) => issuer.publish({ service: false })],
    [
      'has no status list',
      'COMITY_ZK_ISSUER_STATUS_MISSING',
      (_, { pages }) =>
        pages.set('https://issuer1.example/status/aggregation', async () => '{"status_lists":[]}'),
    ],
    [
      'serves no aggregation',
      'COMITY_STATUS_LIST_INVALID',
      (_, { pages }) => pages.set('https://issuer1.example/status/aggregation', async () => '[]'),
    ],
  ])('leaves out an issuer that %s', async (_, code, spoil) => {
    const { world, issuers, first, second } = await createIssuers()
    spoil(first, world)
    const { publisher, codes } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    expect(codes()).toEqual([code])
    expect(issuersOf(publisher)).toEqual([second.did])
    await publisher.close()
  })

  it('leaves out an issuer with a list of somebody else, and passes over a broken key', async () => {
    const { world, issuers, second } = await createIssuers()
    const theirs = await second.lists.credential('https://issuer2.example/status/token/1')
    world.pages.set('https://issuer1.example/status/token/1', async () => theirs ?? 404)
    second.publish({
      keys: [
        { ...babyJubJubJwk(second.zkSigner.publicKey), x: 'A'.repeat(43) },
        babyJubJubJwk(second.zkSigner.publicKey),
      ],
    })
    const { publisher, codes } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    expect(codes().toSorted()).toEqual(['COMITY_STATUS_LIST_INVALID', 'COMITY_ZK_KEY_INVALID'])
    expect(issuersOf(publisher)).toEqual([second.did])
    await publisher.close()
  })

  it('believes neither of two issuers that claim one key', async () => {
    const { world, issuers, first, second } = await createIssuers(3)
    second.publish({ keys: [babyJubJubJwk(first.zkSigner.publicKey)] })
    const { publisher, codes } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    expect(codes()).toEqual(['COMITY_ZK_ISSUER_KEY_SHARED', 'COMITY_ZK_ISSUER_KEY_SHARED'])
    expect(issuersOf(publisher)).toEqual(['did:web:issuer3.example'])
    await publisher.close()
  })

  it('leaves out what does not fit into a download', async () => {
    const world = createWorld()
    const large: AnchoredIssuer[] = []
    for (const host of ['large.example', 'larger.example']) {
      const issuer = await createAnchoredIssuer(world, host)
      await issuer.lists.allocateToken()
      const uri = `https://${host}/status/token/1`
      // A member of no meaning, as a list that does not compress would take seconds to make a tree of.
      const payload = {
        sub: uri,
        iat: START,
        status_list: await encodeTokenStatusList(createTokenStatusList()),
        padding: 'x'.repeat(1_700_000),
      }
      const token = await signJws({ header: { typ: 'statuslist+jwt' }, payload, signer: issuer.signer })
      world.pages.set(uri, async () => token)
      large.push(issuer)
    }
    const small = await createAnchoredIssuer(world, 'small.example')
    await small.lists.allocateToken()
    const { publisher, problems } = await publishAnchors(world, [...large, small])
    await publisher.startEpoch()
    expect(problems).toMatchObject([{ issuer: large[1]?.did, error: { code: 'COMITY_ZK_ANCHORS_FULL' } }])
    expect(issuersOf(publisher)).toEqual([large[0]?.did, small.did])
    await publisher.close()
  })
})
