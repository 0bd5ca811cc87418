import { describe, expect, it } from 'vitest'
import type { BundleSink } from '../../src/federation/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { authorityOf, createFederationWorld } from './world.ts'

const ACME = 'did:web:acme.localhost'

/** A sink that writes down what it is told, and fails when it is told to. */
function createSink() {
  const calls: string[] = []
  const state = { calls, fail: false }
  const note = async (text: string): Promise<void> => {
    calls.push(text)
    if (state.fail) throw new Error('down')
  }
  const sink: BundleSink = {
    set: ({ trustDomain, sequence }) => note(`set ${trustDomain.name} ${String(sequence)}`),
    delete: ({ name }) => note(`delete ${name}`),
  }
  return Object.assign(state, { sink })
}

describe('a bundle sink', () => {
  it('is told what is learned, updated and ended', async () => {
    const world = await createFederationWorld()
    const authority = await authorityOf(world, 'acme.localhost')
    await world.claim(ACME, authority)
    const { calls, sink } = createSink()
    const federation = await world.federation({ sink })
    const { trustDomain } = await federation.learn(ACME)
    await federation.pushed()
    await authority.rotate()
    world.serveBundle(authority)
    await world.timers.advance(60_000)
    await expect.poll(() => calls.length).toBe(2)
    await federation.end(trustDomain)
    await federation.pushed()
    expect(calls).toEqual(['set acme.localhost 1', 'set acme.localhost 2', 'delete acme.localhost'])
  })

  it('is told again until it has taken it, and learning goes on without it', async () => {
    const world = await createFederationWorld()
    await world.claim(ACME, await authorityOf(world, 'acme.localhost'))
    const state = createSink()
    state.fail = true
    const federation = await world.federation({ sink: state.sink })
    const { trustDomain } = await federation.learn(ACME)
    await federation.pushed()
    expect(state.calls).toHaveLength(1)
    expect(world.log).toContainEqual(expect.objectContaining({ level: 'error', event: 'bundle.push' }))
    await world.timers.advance(5000)
    await federation.pushed()
    expect(state.calls).toHaveLength(2)
    await federation.end(trustDomain)
    state.fail = false
    await federation.pushed()
    await world.timers.advance(60_000)
    await federation.pushed()
    expect(state.calls.at(-1)).toBe('delete acme.localhost')
    const { length } = state.calls
    await world.timers.advance(600_000)
    expect(state.calls).toHaveLength(length)
  })

  it('is told after a restart what is held, and what is not any more', async () => {
    const world = await createFederationWorld()
    await world.claim(ACME, await authorityOf(world, 'acme.localhost'))
    const store = createMemoryStore()
    const first = await world.federation({ store })
    await first.learn(ACME)
    await first.close()
    const held = createSink()
    const second = await world.federation({ store, sink: held.sink })
    await second.pushed()
    expect(held.calls).toEqual(['set acme.localhost 1'])
    await second.close()
    const gone = createSink()
    const third = await world.federation({ store, sink: gone.sink, reserved: ['acme.localhost'] })
    await third.pushed()
    // A reserved one is the operator's own: what stands there is nothing of ours to delete.
    expect(gone.calls).toEqual([])
  })
})
