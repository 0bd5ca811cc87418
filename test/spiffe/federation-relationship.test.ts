import { describe, expect, it } from 'vitest'
import { createBundleSet, formatTrustBundle, parseSpiffeId, verifyX509Svid } from '../../src/spiffe/index.ts'
import { createSpiffeAuthority } from '../../src/testing/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { memoryStore, startSpiffe, startWeb, watch } from './federation-support.ts'
import { acme, globex } from './tls-support.ts'

const now = () => Date.now() / 1000

describe('the end of a relationship', () => {
  it('[E40] deletes the bundle and stops polling: SVIDs of the trust domain are not valid any more', async () => {
    const endpoint = await startWeb(() => acme.bundle())
    const store = memoryStore()
    const { watcher, timers, settled } = watch(endpoint, { store })
    await settled()
    const chain = (await acme.issueX509Svid('/w')).chain.map(({ der }) => der)
    await expect(verifyX509Svid(chain, { bundles: watcher, now: now() })).resolves.toBeDefined()
    await watcher.end()
    expect(await codeOfPromise(() => verifyX509Svid(chain, { bundles: watcher, now: now() }))).toBe(
      'COMITY_TRUST_DOMAIN_UNKNOWN',
    )
    expect([timers.pending, store.current(), watcher.bundles()]).toEqual([0, undefined, []])
    await expect(watcher.refresh()).rejects.toThrow(TypeError)
  })
  it('leaves nothing behind when a poll is under way', async () => {
    const endpoint = await startWeb(() => acme.bundle())
    const store = memoryStore()
    const { watcher, timers } = watch(endpoint, { store })
    await watcher.end()
    expect([timers.pending, store.current(), watcher.bundles()]).toEqual([0, undefined, []])
  })
  it('keeps the stored bundle when the watcher is only closed', async () => {
    const endpoint = await startWeb(() => acme.bundle())
    const store = memoryStore()
    const { watcher, settled } = watch(endpoint, { store })
    await settled()
    watcher[Symbol.dispose]()
    expect([store.current() !== undefined, watcher.bundles()]).toEqual([true, []])
  })
  it('[E41] is of one side: who watches is not watched, and need not be', async () => {
    const endpoint = await startWeb(() => acme.bundle())
    const { watcher, settled } = watch(endpoint)
    await settled()
    const mine = createBundleSet([acme.bundle()])
    const chain = (await globex.issueX509Svid('/w')).chain.map(({ der }) => der)
    for (const bundles of [watcher, mine]) {
      expect(await codeOfPromise(() => verifyX509Svid(chain, { bundles, now: now() }))).toBe(
        'COMITY_TRUST_DOMAIN_UNKNOWN',
      )
    }
  })
})

describe('an endpoint that shows an SVID', () => {
  const endpointId = parseSpiffeId('spiffe://initech.example/server')

  it('[E38] is verified with the newest bundle that was fetched from it, not with the first for ever', async () => {
    const authority = await createSpiffeAuthority('initech.example')
    let shown = await authority.issueX509Svid('/server')
    const endpoint = await startSpiffe({ getX509Svid: () => shown }, () => authority.bundle())
    const { watcher, settled, poll } = watch(endpoint, {
      trustDomain: authority.trustDomain,
      profile: { type: 'https_spiffe', endpointId, bundles: createBundleSet([authority.bundle()]) },
    })
    expect(watcher.getBundle(authority.trustDomain)?.sequence).toBe(1n)
    expect(await settled()).toMatchObject({ outcome: 'unchanged', endpointId: endpointId.uri })
    await authority.rotate()
    expect(await poll()).toMatchObject({ outcome: 'changed' })
    authority.dropOld()
    shown = await authority.issueX509Svid('/server')
    expect(await poll()).toMatchObject({ outcome: 'changed' })
    expect(await poll()).toMatchObject({ outcome: 'unchanged' })
    expect(watcher.bundles()[0]?.x509Authorities).toHaveLength(1)
  })

  it('[E38] is not verified any more with an authority that left the bundle', async () => {
    const authority = await createSpiffeAuthority('initech.example')
    const old = await authority.issueX509Svid('/server')
    const endpoint = await startSpiffe({ getX509Svid: () => old }, () => authority.bundle())
    const first = createBundleSet([authority.bundle()])
    const { settled, poll } = watch(endpoint, {
      trustDomain: authority.trustDomain,
      profile: { type: 'https_spiffe', endpointId, bundles: first },
    })
    await settled()
    await authority.rotate()
    authority.dropOld()
    expect(await poll()).toMatchObject({ outcome: 'changed' })
    expect(await poll()).toMatchObject({ outcome: 'failed', code: 'COMITY_NET_TLS' })
  })

  it("[E35] is verified with its own trust domain's bundle, however often another one's was fetched from it", async () => {
    const authority = await createSpiffeAuthority('initech.example')
    const svid = await authority.issueX509Svid('/server')
    const endpoint = await startSpiffe({ getX509Svid: () => svid }, () => acme.bundle())
    const configured = createBundleSet([authority.bundle()])
    const { watcher, settled, poll } = watch(endpoint, {
      profile: { type: 'https_spiffe', endpointId, bundles: configured },
    })
    expect(watcher.bundles()).toEqual([])
    expect(await settled()).toMatchObject({ outcome: 'changed' })
    expect(watcher.getBundle(authority.trustDomain)).toBeUndefined()
    configured.delete(authority.trustDomain)
    expect(await poll()).toMatchObject({ outcome: 'failed', code: 'COMITY_TRUST_DOMAIN_UNKNOWN' })
  })

  it('takes the stored bundle for the newest, where the first one is not newer', async () => {
    const authority = await createSpiffeAuthority('initech.example')
    const old = authority.bundle()
    await authority.rotate()
    authority.dropOld()
    const svid = await authority.issueX509Svid('/server')
    const endpoint = await startSpiffe({ getX509Svid: () => svid }, () => authority.bundle())
    const { settled } = watch(endpoint, {
      trustDomain: authority.trustDomain,
      profile: { type: 'https_spiffe', endpointId, bundles: createBundleSet([old]) },
      store: memoryStore(formatTrustBundle(authority.bundle())),
    })
    expect(await settled()).toMatchObject({ outcome: 'unchanged', sequenceAfter: 3n })
  })
})

describe('the options of a watcher', () => {
  it.each([{ minRefresh: 0 }, { minRefresh: 86_401 }, { minRefresh: NaN }, { bundle: globex.bundle() }])(
    'are in range: not %o',
    async (wrong) => {
      const endpoint = await startWeb(() => acme.bundle())
      expect(() => watch(endpoint, wrong)).toThrow(TypeError)
    },
  )
})
