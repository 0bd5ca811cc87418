import { describe, expect, it } from 'vitest'
import {
  createTrustBundle,
  formatTrustBundleMap,
  parseTrustBundleMap,
  type TrustBundle,
} from '../../src/spiffe/index.ts'
import type { BundleStore, BundleWatcher } from '../../src/spiffe/federation.ts'
import { codeOfPromise } from '../support/codes.ts'
import { memoryStore, startWeb, watch, withSequence } from './federation-support.ts'
import { acme, globex } from './tls-support.ts'

const { trustDomain } = acme

const first = async (watcher: BundleWatcher): Promise<TrustBundle> => {
  for await (const bundle of watcher.updates()) return bundle
  throw new Error('closed')
}

describe('a watcher', () => {
  it('[E4] [E5] asks at once, and then as often as the bundle hints, a little early', async () => {
    const endpoint = await startWeb(() => withSequence(acme.bundle(), 1n, 1000))
    const { timers, settled, poll } = watch(endpoint)
    expect(await settled()).toMatchObject({ outcome: 'changed' })
    for (let count = 0; count < 20; count += 1) expect(await poll()).toMatchObject({ outcome: 'unchanged' })
    expect(timers.delays).toHaveLength(21)
    expect(timers.pending).toBe(1)
    expect(Math.min(...timers.delays)).toBeGreaterThanOrEqual(900_000)
    expect(Math.max(...timers.delays)).toBeLessThanOrEqual(1_000_000)
    expect(new Set(timers.delays).size).toBeGreaterThan(3)
  })
  it('[E5] [D22] asks every five minutes without a hint', async () => {
    const { x509Authorities } = acme.bundle()
    const endpoint = await startWeb(() => createTrustBundle({ trustDomain, x509Authorities }))
    const { timers, settled } = watch(endpoint)
    await settled()
    expect(timers.delays[0]).toBeGreaterThanOrEqual(270_000)
    expect(timers.delays[0]).toBeLessThanOrEqual(300_000)
  })
  it('[D19] asks as often as its endpoint hints, whatever a map that it began with hints', async () => {
    const { x509Authorities } = acme.bundle()
    const published = createTrustBundle({ trustDomain, x509Authorities })
    const map = formatTrustBundleMap([published]).replace('"keys"', '"spiffe_refresh_hint":40,"keys"')
    const [bundle] = parseTrustBundleMap(map)
    const endpoint = await startWeb(
      () => published,
      () => ({ status: 503 }),
    )
    const { timers, settled } = watch(endpoint, { bundle: bundle! })
    await settled()
    expect(timers.delays[0]).toBeGreaterThanOrEqual(270_000)
  })
  it('asks no more often than the minimum, and at least daily', async () => {
    let hint = 0
    const endpoint = await startWeb(() => withSequence(acme.bundle(), 1n, hint))
    const { timers, settled, poll } = watch(endpoint, { minRefresh: 45 })
    await settled()
    expect(timers.delays[0]).toBe(45_000)
    hint = 2_147_483_647
    await poll()
    expect(timers.delays[1]).toBeLessThanOrEqual(86_400_000)
    expect(timers.delays[1]).toBeGreaterThanOrEqual(77_760_000)
  })
  it('[E39] waits as long after a failure, and keeps what it has', async () => {
    let isUp = true
    const endpoint = await startWeb(
      () => withSequence(acme.bundle(), 1n, 1000),
      () => (isUp ? undefined : { status: 503 }),
    )
    const { watcher, timers, settled, poll } = watch(endpoint)
    await settled()
    isUp = false
    expect(await poll()).toMatchObject({ outcome: 'failed', code: 'COMITY_BUNDLE_UNAVAILABLE' })
    expect(timers.delays[1]).toBeGreaterThanOrEqual(900_000)
    expect(endpoint.requests).toHaveLength(2)
    expect(watcher.getBundle(trustDomain)?.sequence).toBe(1n)
    isUp = true
    expect(await poll()).toMatchObject({ outcome: 'unchanged' })
  })
  it('[E7] takes no bundle that is older, and says so', async () => {
    let sequence = 5n
    const endpoint = await startWeb(() => withSequence(acme.bundle(), sequence))
    const { watcher, settled, poll } = watch(endpoint)
    await settled()
    sequence = 4n
    expect(await poll()).toMatchObject({
      code: 'COMITY_BUNDLE_ROLLBACK',
      sequenceBefore: 5n,
      sequenceAfter: 5n,
    })
    expect(await codeOfPromise(() => watcher.refresh())).toBe('COMITY_BUNDLE_ROLLBACK')
    expect(watcher.getBundle(trustDomain)?.sequence).toBe(5n)
    sequence = (1n << 63n) + 1n
    expect(await poll()).toMatchObject({ outcome: 'changed', sequenceBefore: 5n, sequenceAfter: sequence })
  })
  it('[E8] takes the last one where one of the two has no number', async () => {
    let sequence: bigint | undefined = 5n
    const endpoint = await startWeb(() => withSequence(acme.bundle(), sequence))
    const { watcher, settled, poll } = watch(endpoint)
    await settled()
    sequence = undefined
    expect(await poll()).toMatchObject({ outcome: 'changed' })
    expect(watcher.getBundle(trustDomain)?.sequence).toBeUndefined()
    sequence = 4n
    expect(await poll()).toMatchObject({ outcome: 'changed', sequenceAfter: 4n })
  })
  it('[E9] lets a bundle that is set by hand count until the next poll', async () => {
    const endpoint = await startWeb(() => withSequence(acme.bundle(), 5n))
    const { watcher, settled, poll } = watch(endpoint)
    await settled()
    watcher.set(withSequence(acme.bundle(), 1n))
    expect(watcher.getBundle(trustDomain)?.sequence).toBe(1n)
    await poll()
    expect(watcher.getBundle(trustDomain)?.sequence).toBe(5n)
    expect(() => watcher.set(globex.bundle())).toThrow(TypeError)
  })
  it('[D9] drops all authorities when the endpoint has none any more', async () => {
    let isRevoked = false
    const endpoint = await startWeb(() =>
      isRevoked ? createTrustBundle({ trustDomain, sequence: 9n }) : withSequence(acme.bundle(), 8n),
    )
    const { watcher, settled, poll } = watch(endpoint)
    await settled()
    isRevoked = true
    await poll()
    expect(watcher.getBundle(trustDomain)?.x509Authorities).toEqual([])
  })
  it('[E10] [E15] holds the bundle of its trust domain and of no other', async () => {
    const endpoint = await startWeb(() => acme.bundle())
    const { watcher, settled } = watch(endpoint)
    await settled()
    expect(watcher.getBundle(trustDomain)?.trustDomain.name).toBe('acme.example')
    expect(watcher.getBundle(globex.trustDomain)).toBeUndefined()
    expect(watcher.bundles()).toHaveLength(1)
  })
  it('[E6] saves each bundle and has the last after a restart, before it asks', async () => {
    let sequence = 1n
    let isUp = true
    const endpoint = await startWeb(
      () => withSequence(acme.bundle(), sequence),
      () => (isUp ? undefined : { status: 500 }),
    )
    const store = memoryStore()
    const { settled, poll, watcher } = watch(endpoint, { store })
    await settled()
    sequence = 2n
    await poll()
    await poll()
    expect(store.saved).toHaveLength(2)
    watcher.close()
    isUp = false
    const restarted = watch(endpoint, { store })
    expect(await restarted.settled()).toMatchObject({ outcome: 'failed', sequenceAfter: 2n })
    expect((await first(restarted.watcher)).sequence).toBe(2n)
    isUp = true
    sequence = 1n
    expect(await restarted.poll()).toMatchObject({ code: 'COMITY_BUNDLE_ROLLBACK' })
  })
  it('does without a store that fails, or has something else', async () => {
    const endpoint = await startWeb(() => acme.bundle())
    const broken: BundleStore = {
      load: async () => '{"keys":null}',
      save: async () => {
        throw new Error('full')
      },
      delete: async () => undefined,
    }
    const { watcher, events } = watch(endpoint, { store: broken })
    await expect(watcher.refresh()).resolves.toBeDefined()
    expect(events.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['store-failed', 'COMITY_BUNDLE_MALFORMED'],
      ['changed', undefined],
      ['store-failed', 'UNKNOWN'],
    ])
  })
  it('hands on each change, and ends with the watcher', async () => {
    let sequence = 1n
    const endpoint = await startWeb(() => withSequence(acme.bundle(), sequence))
    const { watcher, poll, settled } = watch(endpoint)
    const seen: (bigint | undefined)[] = []
    const all = (async () => {
      for await (const bundle of watcher.updates()) seen.push(bundle.sequence)
    })()
    await settled()
    await poll()
    sequence = 2n
    await poll()
    watcher.close()
    await all
    expect(seen).toEqual([1n, 2n])
  })
  it('[E42] logs who was asked, when, as whom, and what changed', async () => {
    const endpoint = await startWeb(() => withSequence(acme.bundle(), 3n))
    const { settled } = watch(endpoint, {
      bundle: withSequence(acme.bundle(), 2n),
      clock: { now: () => 1_900_000_000 },
    })
    expect(await settled()).toEqual({
      at: 1_900_000_000,
      trustDomain: 'acme.example',
      url: endpoint.url,
      outcome: 'changed',
      sequenceBefore: 2n,
      sequenceAfter: 3n,
    })
  })
})
