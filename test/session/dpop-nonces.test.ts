import { describe, expect, it } from 'vitest'
import { createDpopNonces, verifyRequest } from '../../src/session/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { NOW, setScene, stoppedClock } from './support.ts'

describe('nonces for proofs', () => {
  it('are the same at all instances, good for five minutes, and nobody knows the next one', async () => {
    const clock = stoppedClock(NOW - (NOW % 150))
    const store = createMemoryStore({ clock })
    const [one, two] = [createDpopNonces({ store, clock }), createDpopNonces({ store, clock })]
    const first = await one.current()
    expect(await two.current()).toBe(first)
    expect(first).toMatch(/^[A-Za-z0-9_-]{22}$/)
    clock.time += 299
    expect(await two.valid()).toContain(first)
    expect(await two.current()).not.toBe(first)
    clock.time += 1
    expect(await one.valid()).not.toContain(first)
    expect(await one.valid()).toEqual(await two.valid())
  })

  it.each([9, 301, Number.NaN])('are not good for %s seconds', (seconds) => {
    expect(() => createDpopNonces({ store: createMemoryStore(), seconds })).toThrow(TypeError)
  })

  it('are asked for before anything is used up', async () => {
    const scene = await setScene()
    const { store, clock } = scene
    const nonces = createDpopNonces({ store, clock })
    const token = await scene.token()
    const options = { ...scene.options, nonces: await nonces.valid() }
    const bare = await scene.request(token)
    for (let again = 0; again < 2; again++) {
      await expect(verifyRequest(bare, options)).rejects.toMatchObject({
        code: 'COMITY_DPOP_INVALID',
        details: { reason: 'nonce' },
      })
    }
    const good = await scene.request(token, { nonce: await nonces.current() })
    expect((await verifyRequest(good, options)).agent).toBe(scene.session.agent)
  })
})
