import { describe, expect, it } from 'vitest'
import {
  combineBundleSources,
  createBundleSet,
  createTrustBundle,
  parseTrustDomain,
  verifyX509Svid,
  type BundleSource,
  type TrustBundle,
} from '../../src/spiffe/index.ts'
import { createSpiffeAuthority, createTestClock } from '../../src/testing/index.ts'
import { startWeb, watch, withSequence } from './federation-support.ts'
import { acme } from './tls-support.ts'

const bundleOf = (name: string, sequence: bigint): TrustBundle =>
  createTrustBundle({ trustDomain: parseTrustDomain(name), sequence })

const clock = createTestClock()
const now = clock.now()
const [a, b] = [parseTrustDomain('a'), parseTrustDomain('b')]

/** What a source says of a and b, and which bundles it lists. */
const said = (source: BundleSource): unknown => [
  ...[a, b].map((each) => source.getBundle(each)?.sequence),
  source.bundles?.().map(({ trustDomain, sequence }) => [trustDomain.name, sequence]),
]

describe('several sources of bundles in one', () => {
  it('answer with the first that has the trust domain, at each call anew', () => {
    const [first, second] = [createBundleSet([bundleOf('a', 1n)]), createBundleSet()]
    const both = combineBundleSources(first, second)
    expect(said(both)).toEqual([1n, undefined, [['a', 1n]]])
    second.replaceAll([bundleOf('b', 2n), bundleOf('a', 2n)])
    expect(said(both)).toEqual([
      1n,
      2n,
      [
        ['a', 1n],
        ['b', 2n],
      ],
    ])
    first.delete(a)
    expect(said(both)).toEqual([
      2n,
      2n,
      [
        ['b', 2n],
        ['a', 2n],
      ],
    ])
    second.replaceAll([])
    expect(said(both)).toEqual([undefined, undefined, []])
  })

  it('[D21] [E10] do not join their authorities, whichever is asked first', async () => {
    const [real, other] = [
      await createSpiffeAuthority('acme.example', clock),
      await createSpiffeAuthority('acme.example', clock),
    ]
    const [pinned, learned] = [createBundleSet([real.bundle()]), createBundleSet([other.bundle()])]
    const { chain } = await other.issueX509Svid('/a')
    const verify = (bundles: BundleSource) =>
      verifyX509Svid(
        chain.map(({ der }) => der),
        { bundles, now },
      )
    await expect(verify(combineBundleSources(learned, pinned))).resolves.toBeDefined()
    await expect(verify(combineBundleSources(pinned, learned))).rejects.toMatchObject({
      code: 'COMITY_CERTIFICATE_PATH',
    })
    // A first bundle without authorities is an answer as well.
    const emptied = createBundleSet([createTrustBundle({ trustDomain: real.trustDomain })])
    await expect(verify(combineBundleSources(emptied, learned))).rejects.toMatchObject({
      code: 'COMITY_CERTIFICATE_PATH',
    })
  })

  it('do not ask the later ones, nor cover up for one that answers with the bundle of another', async () => {
    const authority = await createSpiffeAuthority('acme.example', clock)
    const { chain } = await authority.issueX509Svid('/a')
    const asked: string[] = []
    const confused = combineBundleSources(
      { getBundle: () => bundleOf('b', 1n) },
      {
        getBundle: ({ name }) => {
          asked.push(name)
          return authority.bundle()
        },
      },
    )
    await expect(
      verifyX509Svid(
        chain.map(({ der }) => der),
        { bundles: confused, now },
      ),
    ).rejects.toMatchObject({
      code: 'COMITY_TRUST_DOMAIN_UNKNOWN',
    })
    expect(asked).toEqual([])
  })

  it('tell of the changes of each, until that is cancelled', () => {
    const sets = [createBundleSet(), createBundleSet(), createBundleSet()] as const
    const nested = combineBundleSources(sets[0], combineBundleSources(sets[1], sets[2]))
    const heard: string[] = []
    const cancels = ['one', 'two'].map((name) => nested.onUpdate?.(() => heard.push(name)))
    const change = (): void => {
      sets[0].set(bundleOf('a', 1n))
      sets[1].replaceAll([])
      sets[2].delete(a)
      sets[0].delete(a)
    }
    change()
    expect(heard).toEqual(['one', 'two', 'one', 'two', 'one', 'two'])
    cancels[0]?.()
    heard.length = 0
    change()
    expect(heard).toEqual(['two', 'two', 'two'])
    cancels[1]?.()
    change()
    expect(heard).toHaveLength(3)
  })

  it('list and tell only where all of them can', () => {
    const whole = createBundleSet([bundleOf('a', 1n)])
    const { getBundle } = whole
    expect(Object.keys(combineBundleSources(whole, whole))).toEqual(['getBundle', 'bundles', 'onUpdate'])
    expect(Object.keys(combineBundleSources(whole, { getBundle }))).toEqual(['getBundle'])
    expect(Object.keys(combineBundleSources({ getBundle, bundles: () => [] }))).toEqual([
      'getBundle',
      'bundles',
    ])
    expect(Object.isFrozen(combineBundleSources(whole))).toBe(true)
  })

  it('are one at least, and all of them sources', () => {
    expect(() => combineBundleSources()).toThrow(TypeError)
    for (const wrong of [undefined, null, {}, acme.bundle()]) {
      expect(() => combineBundleSources(createBundleSet(), wrong as never)).toThrow(TypeError)
    }
  })

  it('may be watchers, which tell of what they fetch, and of their end', async () => {
    let sequence = 1n
    const endpoint = await startWeb(() => withSequence(acme.bundle(), sequence))
    const { watcher, settled, poll } = watch(endpoint)
    const both = combineBundleSources(createBundleSet(), watcher)
    const heard: (bigint | undefined)[] = []
    both.onUpdate?.(() => heard.push(both.getBundle(acme.trustDomain)?.sequence))
    await settled()
    await poll()
    sequence = 2n
    await poll()
    watcher.close()
    expect(heard).toEqual([1n, 2n, undefined])
  })
})
