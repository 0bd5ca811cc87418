import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDidResolver, didKeyFromJwk } from '../../src/did/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner, withKid } from '../../src/keys/index.ts'
import { createGuardedFetch } from '../../src/net/index.ts'
import { verifyEvent } from '../../src/revocation/index.ts'
import { parsePosition } from '../../src/revocation/position.ts'
import { readStream, type StreamItem } from '../../src/revocation/stream-reader.ts'
import { authorizeStreamRequest, verifyStreamRequest } from '../../src/revocation/stream-request.ts'
import { systemClock } from '../../src/runtime/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { eventClaims, failureOf, signedEvent } from './support.ts'

const GLOBEX = 'did:web:globex.example'
const resolver = createDidResolver({ fetch: createGuardedFetch() })
const key = await generateSigner({ alg: 'ES256' })
const did = didKeyFromJwk(key.publicJwk)
const signer = withKid(key, `${did}#${did.slice('did:key:'.length)}`)

const set = await signedEvent(signer, eventClaims(did, GLOBEX))
const authorization = await authorizeStreamRequest({ signer, subscriber: did, publisher: GLOBEX })
const token = authorization.slice('Comity '.length)

const verifySet = (text: string): Promise<unknown> =>
  verifyEvent(text, { audience: GLOBEX, issuer: did, resolver })
const verifyStream = (text: string): Promise<unknown> =>
  verifyStreamRequest(`Comity ${text}`, {
    publisher: GLOBEX,
    admit: () => true,
    resolver,
    replay: createMemoryStore(),
    now: systemClock.now(),
  })

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=, '

/** A valid token with one character changed, a third of the time at the end of a part, where spare bits hide. */
function mutations(valid: string): fc.Arbitrary<string> {
  const ends = [...valid.matchAll(/[^.](?=\.|$)/g)].map((match) => match.index)
  const at = fc.oneof(fc.constantFrom(...ends), { weight: 2, arbitrary: fc.nat({ max: valid.length - 1 }) })
  const char = fc.constantFrom(...Array.from(CHARACTERS))
  return fc
    .tuple(at, char)
    .filter(([index, replacement]) => valid[index] !== replacement)
    .map(([index, replacement]) => valid.slice(0, index) + replacement + valid.slice(index + 1))
}

const noise = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.base64String(), { maxLength: 5 }).map((parts) => parts.join('.')),
  fc
    .array(
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      { maxLength: 4 },
    )
    .map((parts) => parts.join('.')),
)

async function refusesMutations(valid: string, verify: (text: string) => Promise<unknown>): Promise<boolean> {
  const outcome = await fc.check(
    fc.asyncProperty(mutations(valid), async (forged) => {
      return (await failureOf(() => verify(forged))) instanceof ComityError
    }),
    { numRuns: 400 },
  )
  return !outcome.failed
}

describe('what peers send', () => {
  it('is accepted as it is', async () => {
    await expect(verifySet(set)).resolves.toBeDefined()
    await expect(verifyStream(token)).resolves.toBe(did)
  })

  it.each([
    ['event', set, verifySet],
    ['stream request', token, verifyStream],
  ])('is refused with one character changed: %s', async (_name, valid, verify) => {
    expect(await refusesMutations(valid, verify)).toBe(true)
  })

  it.each([
    ['event', verifySet],
    ['stream request', verifyStream],
  ])('is answered with a ComityError and nothing else, whatever it is: %s', async (_name, verify) => {
    await fc.assert(
      fc.asyncProperty(noise, async (text) => {
        await expect(verify(text)).rejects.toBeInstanceOf(ComityError)
      }),
    )
  })

  it('would be noticed to be forgiven (control)', async () => {
    const respelled = (text: string): string =>
      text
        .split('.')
        .map((part) => Buffer.from(part, 'base64url').toString('base64url'))
        .join('.')
    expect(await refusesMutations(set, (text) => verifySet(respelled(text)))).toBe(false)
  })
})

describe('positions', () => {
  it('are read from any text, or not', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z]{1,3}\.[0-9]{1,20}$/)),
        (text) => {
          const position = parsePosition(text)
          if (position === undefined) return
          expect(`${position.epoch}.${String(position.sequence)}`).toBe(text)
          expect(Number.isSafeInteger(position.sequence)).toBe(true)
        },
      ),
    )
  })
})

describe('readStream', () => {
  async function readAll(pieces: readonly Uint8Array[]): Promise<StreamItem[]> {
    const items: StreamItem[] = []
    async function* body(): AsyncGenerator<Uint8Array> {
      for (const piece of pieces) yield await Promise.resolve(piece)
    }
    for await (const item of readStream(body())) items.push(item)
    return items
  }
  const text =
    ': open\nretry: 500\n\nid: e.1\nevent: set\ndata: a.b.c\n\n: hé\n\r\nid: e.2\r\ndata: x\r\ndata: y\r\n\r\n'
  const bytes = new TextEncoder().encode(text)
  const expected: StreamItem[] = [
    { type: 'comment', text: 'open' },
    { type: 'event', id: 'e.1', event: 'set', data: 'a.b.c' },
    { type: 'comment', text: 'hé' },
    { type: 'event', id: 'e.2', event: undefined, data: 'x\ny' },
  ]

  it('reads the same however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length })), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
        expect(await readAll(pieces)).toEqual(expected)
      }),
    )
  })

  it.each([
    ['a line without an end', (count: number) => 'x'.repeat(count)],
    ['an event without an end', (count: number) => 'data: x\n'.repeat(count)],
    ['a comment without an end', (count: number) => `:${'x'.repeat(count)}`],
  ])('holds no more than its bound: %s', async (_name, make) => {
    let taken = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        taken++
        yield await Promise.resolve(new TextEncoder().encode(make(1000)))
      }
    }
    const items = readStream(endless())
    await expect(items.next()).rejects.toHaveProperty('code', 'COMITY_PEER_PROTOCOL')
    expect(taken).toBeLessThan(100)
  })

  it('refuses bytes that are no text', async () => {
    await expect(readAll([Uint8Array.of(0x3a, 0xff, 0x0a)])).rejects.toHaveProperty(
      'code',
      'COMITY_PEER_PROTOCOL',
    )
  })

  it('answers any bytes with items or a ComityError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), async (pieces) => {
        const failure = await failureOf(() => readAll(pieces))
        expect(failure === undefined || failure instanceof ComityError).toBe(true)
      }),
    )
  })
})
