import { describe, expect, it } from 'vitest'
import { type StatusEntry, verifySignedCredential } from '../../src/credentials/index.ts'
import { isJsonObject, type JsonObject } from '../../src/encoding/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import { createStatusPublisher, decodeStatusList, type StatusList } from '../../src/status/index.ts'
import { NOW } from '../credentials/world.ts'
import { BASE, createStatusWorld, publisherOptions, type StatusWorld } from './world.ts'

const REVOCATIONS = `${BASE}/revocation/1`

/** The bits and the credential of a list as it would be served. */
async function served(
  world: StatusWorld,
  url = REVOCATIONS,
): Promise<{ list: StatusList; document: JsonObject }> {
  const token = (await world.publisher.credential(url)) ?? ''
  const { document } = await verifySignedCredential(token, {
    resolver: world.resolver,
    issuer: world.issuer.did,
    now: world.clock.now(),
  })
  const subject = document['credentialSubject']
  if (!isJsonObject(subject) || typeof subject['encodedList'] !== 'string') throw new TypeError('no list')
  return { list: await decodeStatusList(subject['encodedList']), document }
}

function bitsOf({ bytes }: StatusList): number {
  return bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
}

describe('allocate', () => {
  it('gives an entry for each purpose, in order', async () => {
    const { publisher } = await createStatusWorld()
    const entries = await publisher.allocate(['suspension', 'revocation', 'suspension'])
    expect(entries.map(({ statusPurpose }) => statusPurpose)).toEqual(['suspension', 'revocation'])
    for (const entry of entries) {
      expect(entry).toEqual({
        type: 'BitstringStatusListEntry',
        id: `${entry.statusListCredential}#${entry.statusListIndex}`,
        statusPurpose: entry.statusPurpose,
        statusListIndex: expect.stringMatching(/^(0|[1-9]\d*)$/),
        statusListCredential: `${BASE}/${entry.statusPurpose}/1`,
      })
      expect(Number(entry.statusListIndex)).toBeLessThan(131_072)
    }
  })

  it('gives places at random, over the whole list', async () => {
    const { publisher } = await createStatusWorld()
    const indices: number[] = []
    for (let count = 0; count < 400; count++) {
      const [entry] = await publisher.allocate('revocation')
      indices.push(Number(entry?.statusListIndex))
    }
    expect(new Set(indices).size).toBe(400)
    // Each eighth of the list gets 50 of 400; 20 would be 4.5 standard deviations away.
    for (let part = 0; part < 8; part++) {
      const [from, to] = [part * 16_384, (part + 1) * 16_384]
      expect(indices.filter((index) => index >= from && index < to).length).toBeGreaterThan(20)
    }
    const rising = indices.slice(1).filter((index, place) => index > (indices[place] ?? 0)).length
    expect(rising).toBeGreaterThan(120)
    expect(rising).toBeLessThan(280)
  })

  it('never gives a place twice, not to two publishers either', async () => {
    const world = await createStatusWorld()
    const other = createStatusPublisher({ ...publisherOptions(world) })
    const both = [world.publisher, other]
    const entries = await Promise.all(
      Array.from({ length: 200 }, async (_, count) => both[count % 2]?.allocate('revocation')),
    )
    const places = entries.flat().map((entry) => entry?.id)
    expect(new Set(places).size).toBe(200)
  })

  it('gives each place once, and opens the next list where none is left', async () => {
    const world = await createStatusWorld()
    const { publisher, store } = world
    const [first] = await world.allocate('revocation')
    const last = (await store.list('status/left/')).find(({ value }) => value === '131071')
    // As if all but two had been given out.
    await store.put(last?.key ?? '', '2')
    const [second] = await world.allocate('revocation')
    const other = createStatusPublisher(publisherOptions(world))
    const [third] = await other.allocate('revocation')
    expect(new Set([first, second, third].map((entry) => entry?.id)).size).toBe(3)
    expect(third?.statusListCredential).toBe(REVOCATIONS)
    for (const each of [publisher, other]) {
      const [next] = await each.allocate('revocation')
      expect(next?.statusListCredential).toBe(`${BASE}/revocation/2`)
    }
    expect(await publisher.credential(`${BASE}/revocation/2`)).toBeDefined()
    const latest = createStatusPublisher(publisherOptions(world))
    expect((await latest.allocate('revocation'))[0]?.statusListCredential).toBe(`${BASE}/revocation/2`)
    await other.set(first, true)
    expect(bitsOf((await served(world)).list)).toBe(1)
  })

  it('gives no place of a list whose order of places is lost', async () => {
    const world = await createStatusWorld()
    const [entry] = await world.allocate('revocation')
    for (const { key } of await world.store.list('status/order/')) await world.store.take(key)
    const other = createStatusPublisher(publisherOptions(world))
    expect((await other.allocate('revocation'))[0]?.statusListCredential).toBe(`${BASE}/revocation/2`)
    await expect(other.set(entry, true)).rejects.toThrow(TypeError)
  })

  it('keeps two entries for a list, however many places were given out', async () => {
    const { publisher, store } = await createStatusWorld()
    const count = async (): Promise<number> => (await store.list('', { limit: 1000 })).length
    await publisher.allocateToken()
    await publisher.allocate(['revocation', 'suspension'])
    const before = await count()
    for (let number = 0; number < 100; number++) await publisher.allocate(['revocation', 'suspension'])
    expect(await count()).toBe(before)
  })

  it('knows two purposes', async () => {
    const { publisher } = await createStatusWorld()
    await expect(publisher.allocate('message' as 'revocation')).rejects.toThrow(TypeError)
    await expect(publisher.allocate([])).rejects.toThrow(TypeError)
  })
})

describe('set', () => {
  it('sets the bit, and what is served next has it', async () => {
    const world = await createStatusWorld()
    const [entry] = await world.allocate('revocation')
    const [other] = await world.allocate('revocation')
    expect(bitsOf((await served(world)).list)).toBe(0)
    await world.publisher.set(entry, true)
    const { list } = await served(world)
    expect(list.get(Number(entry.statusListIndex))).toBe(true)
    expect(list.get(Number(other.statusListIndex))).toBe(false)
    expect(bitsOf(list)).toBe(1)
  })

  it('lifts a suspension, but never takes a revocation back', async () => {
    const world = await createStatusWorld()
    const [suspension, revocation] = await world.allocate(['suspension', 'revocation'])
    await world.publisher.set(suspension, true)
    await world.publisher.set(suspension, false)
    expect(bitsOf((await served(world, suspension.statusListCredential)).list)).toBe(0)
    if (revocation === undefined) throw new TypeError('no entry')
    await world.publisher.set(revocation, true)
    await expect(world.publisher.set(revocation, false)).rejects.toThrow(TypeError)
    expect(bitsOf((await served(world)).list)).toBe(1)
  })

  it('loses no change, with many at once and two publishers', async () => {
    const world = await createStatusWorld()
    const other = createStatusPublisher(publisherOptions(world))
    const entries = (
      await Promise.all(Array.from({ length: 40 }, async () => world.allocate('revocation')))
    ).flat()
    await Promise.all(
      entries.map(async (entry, count) => (count % 2 === 0 ? world.publisher : other).set(entry, true)),
    )
    const { list } = await served(world)
    expect(bitsOf(list)).toBe(40)
    expect(entries.every((entry) => list.get(Number(entry.statusListIndex)))).toBe(true)
    expect(await other.credential(REVOCATIONS)).toBe(await world.publisher.credential(REVOCATIONS))
  })

  it('signs nothing where nothing changes', async () => {
    const world = await createStatusWorld()
    const [entry] = await world.allocate('revocation')
    await world.publisher.set(entry, true)
    const before = await world.publisher.credential(REVOCATIONS)
    world.clock.seconds += 5
    await world.publisher.set(entry, true)
    expect(await world.publisher.credential(REVOCATIONS)).toBe(before)
  })

  it('goes on after a change that failed', async () => {
    let broken = false
    const memory = createMemoryStore()
    const store: Store = {
      ...memory,
      compareAndSet: async (...change) => {
        if (broken) throw new RangeError('disk full')
        return memory.compareAndSet(...change)
      },
    }
    const world = await createStatusWorld({ store })
    const [entry] = await world.allocate('revocation')
    broken = true
    await expect(world.publisher.set(entry, true)).rejects.toThrow(RangeError)
    expect(bitsOf((await served(world)).list)).toBe(0)
    // Nor does a change that waits behind it suffer.
    const [failing, waiting] = [world.publisher.set(entry, true), world.publisher.set(entry, true)]
    await expect(failing).rejects.toThrow(RangeError)
    broken = false
    await waiting
    expect(bitsOf((await served(world)).list)).toBe(1)
  })

  it('goes on in another process, from the store alone', async () => {
    const world = await createStatusWorld()
    const [entry] = await world.allocate('revocation')
    await world.publisher.set(entry, true)
    const other = createStatusPublisher(publisherOptions(world))
    const [next] = await other.allocate('revocation')
    if (next === undefined) throw new TypeError('no entry')
    await other.set(next, true)
    expect(bitsOf((await served(world)).list)).toBe(2)
  })

  it.each<[string, Partial<StatusEntry>]>([
    ['at another URL', { statusListCredential: 'https://globex.example/status/revocation/1' }],
    ['of a list that starts alike', { statusListCredential: `${BASE}x/revocation/1` }],
    ['of another purpose', { statusPurpose: 'suspension' }],
    ['in no list', { statusListCredential: `${BASE}/revocation/9` }],
    ['in a list with another spelling', { statusListCredential: `${BASE}/revocation/01` }],
    ['with another spelling', { statusListIndex: '0x10' }],
    ['with an index that was not given', { statusListIndex: 'other' }],
  ])('is a bug of the caller for an entry %s', async (_name, more) => {
    const world = await createStatusWorld()
    const [entry] = await world.allocate('revocation')
    const free = String((Number(entry.statusListIndex) + 1) % 131_072)
    const wrong = {
      ...entry,
      ...more,
      ...(more.statusListIndex === 'other' ? { statusListIndex: free } : {}),
    }
    await expect(world.publisher.set(wrong, true)).rejects.toThrow(TypeError)
    await expect(world.publisher.set(entry, 'yes' as unknown as boolean)).rejects.toThrow(TypeError)
    expect(bitsOf((await served(world)).list)).toBe(0)
  })
})

describe('credential', () => {
  it('is what the specification asks for', async () => {
    const world = await createStatusWorld({ ttlMs: 5000, validitySeconds: 600 })
    await world.allocate('revocation')
    const { document } = await served(world)
    expect(document).toEqual({
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      id: REVOCATIONS,
      type: ['VerifiableCredential', 'BitstringStatusListCredential'],
      issuer: world.issuer.did,
      validFrom: '2026-11-24T00:00:00Z',
      validUntil: '2026-11-24T00:10:00Z',
      credentialSubject: {
        id: `${REVOCATIONS}#list`,
        type: 'BitstringStatusList',
        statusPurpose: 'revocation',
        encodedList: expect.stringMatching(/^uH4sI/),
        ttl: 5000,
      },
    })
  })

  it('is signed again after half of its validity, with the same bits', async () => {
    const world = await createStatusWorld({ validitySeconds: 600 })
    const [entry] = await world.allocate('revocation')
    await world.publisher.set(entry, true)
    const before = await world.publisher.credential(REVOCATIONS)
    world.clock.seconds = NOW + 299
    expect(await world.publisher.credential(REVOCATIONS)).toBe(before)
    world.clock.seconds = NOW + 300
    const [after, again] = await Promise.all([
      world.publisher.credential(REVOCATIONS),
      world.publisher.credential(REVOCATIONS),
    ])
    expect(after).not.toBe(before)
    expect(again).toBe(after)
    const { list, document } = await served(world)
    expect(document['validFrom']).toBe('2026-11-24T00:05:00Z')
    expect(bitsOf(list)).toBe(1)
  })

  it.each([
    'https://globex.example/status/revocation/1',
    `${BASE}/revocation/2`,
    `${BASE}/message/1`,
    `${BASE}/revocation/1?x`,
    `${BASE}/revocation/1/`,
    `${BASE}/revocation/../revocation/1`,
    BASE,
    '',
  ])('is not there at %s', async (url) => {
    const world = await createStatusWorld()
    await world.allocate('revocation')
    expect(await world.publisher.credential(url)).toBeUndefined()
  })
})
