import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import { signJws } from '../../src/keys/index.ts'
import { parseHello, parseOfferClear, parseSidClear } from '../../src/handshake/clear-parts.ts'
import { parseEnvelope } from '../../src/handshake/envelope.ts'
import { parseAnswerClaims, parseOfferClaims, parsePresentClaims } from '../../src/handshake/messages.ts'
import { createManualResponder } from '../support/manual-responder.ts'
import { createPair, type Pair } from '../support/pair.ts'

let pair: Pair

beforeAll(async () => {
  pair = await createPair({ limits: { burst: 100_000, openPerSource: 10_000 } })
})

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const CHARACTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=']

/** One character changed: a third of the runs at the end of a part, where spare bits hide. */
const mutation = fc.record({
  where: fc.oneof(
    { weight: 1, arbitrary: fc.record({ part: fc.nat({ max: 4 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }) }),
    },
  ),
  character: fc.constantFrom(...CHARACTERS),
})
type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never

function mutate(text: string, { where, character }: Mutation): string {
  const ends = [...text.matchAll(/[^.](?=\.|$)/g)].map((match) => match.index)
  const index = 'part' in where ? (ends[where.part % ends.length] ?? 0) : Math.floor(where.at * text.length)
  return text.slice(0, index) + character + text.slice(index + 1)
}

/** A valid present's JWS in a fresh run, and what sends another in its place. */
async function presentRun(): Promise<{ jws: string; send: (jws: string) => Promise<unknown> }> {
  const run = await pair.manual()
  await run.readOffer(await pair.send(run.hello))
  let jws = ''
  await run.present({
    signer: {
      ...pair.initiator.signer,
      sign: async (input) => {
        const signature = await pair.initiator.signer.sign(input)
        jws = `${new TextDecoder().decode(input)}.${Buffer.from(signature).toString('base64url')}`
        return signature
      },
    },
  })
  return {
    jws,
    send: async (other) =>
      pair.send(await run.present({ jws: other })).then(
        () => 'accepted',
        (error: unknown) => error,
      ),
  }
}

/** Whether some mutant of a present was accepted; `normalize` is what stands between the wire and the check. */
async function someMutantPasses(runs: number, normalize: (jws: string) => string): Promise<boolean> {
  const property = fc.asyncProperty(mutation, async (change) => {
    const { jws, send } = await presentRun()
    const forged = mutate(jws, change)
    fc.pre(forged !== jws)
    const outcome = await send(normalize(forged))
    expect(outcome).toBeInstanceOf(ComityError)
  })
  return (await fc.check(property, { numRuns: runs })).failed
}

describe('a present with one character of its JWS changed', () => {
  it('is refused with a ComityError', async () => {
    expect(await someMutantPasses(400, (jws) => jws)).toBe(false)
  })

  it('positive control: a decoder that forgives spare bits and padding is caught', async () => {
    const lenient = (jws: string): string =>
      jws
        .split('.')
        .map((part) => Buffer.from(part, 'base64url').toString('base64url'))
        .join('.')
    expect(await someMutantPasses(400, lenient)).toBe(true)
  })

  it('positive control: unchanged it is accepted', async () => {
    const { jws, send } = await presentRun()
    expect(await send(jws)).toBe('accepted')
  })
})

describe('an offer or answer with one character of its body changed', () => {
  const UNCHANGED = new Error('the mutation changed nothing')

  const outcomeOf = async (change: Mutation, which: 'offer' | 'answer'): Promise<unknown> => {
    const respond = createManualResponder({ ...pair.responder, demand: { anyone: true } })
    const run = pair.honest()
    const spoil = (body: string, is: boolean): Uint8Array => {
      if (!is) return bytes(body)
      const { clear, box } = JSON.parse(body) as { clear: string; box: string }
      const [changed = '', ...rest] = mutate(`${clear}.${box}`, change).split('.')
      const forged = JSON.stringify({ clear: changed, box: rest.join('.') })
      if (forged === body) throw UNCHANGED
      return bytes(forged)
    }
    try {
      const offer = spoil(await respond(bytes(await run.hello())), which === 'offer')
      const answer = spoil(await respond(bytes(await run.present(offer))), which === 'answer')
      await run.finish(answer)
      return 'accepted'
    } catch (error) {
      return error
    }
  }

  it.each(['offer', 'answer'] as const)('%s: is refused with a ComityError', async (which) => {
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const outcome = await outcomeOf(change, which)
        fc.pre(outcome !== UNCHANGED)
        expect(outcome).toBeInstanceOf(ComityError)
      }),
      { numRuns: 300 },
    )
  })
})

describe('hostile input', () => {
  const json = fc.jsonValue({ maxDepth: 6 })
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'binary' }).map(bytes),
    json.map((value) => bytes(JSON.stringify(value))),
    json.map((value) =>
      bytes(JSON.stringify({ clear: Buffer.from(JSON.stringify(value)).toString('base64url') })),
    ),
    fc.record({ clear: fc.base64String(), box: fc.string() }).map((value) => bytes(JSON.stringify(value))),
  )

  it('is answered with a problem, and nothing is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(noise, async (body) => {
        const { status, mediaType } = await pair.endpoint.receive(body, { source: 'noise' })
        expect(status).toBe(400)
        expect(mediaType).toBe('application/problem+json')
      }),
      { numRuns: 1000 },
    )
  })

  const object = fc.dictionary(
    fc.constantFrom(
      ...['versions', 'suites', 'shares', 'nonce', 'to', 'sid', 'share', 'version', 'suite'],
      ...['supported', 'evidence', 'demand', 'request', 'cnf', 'cnf_proof', 'session', 'reason', '__proto__'],
    ),
    json,
  )
  it.each([
    ['hello', parseHello],
    ['offer', parseOfferClear],
    ['sid', parseSidClear],
    ['offer claims', parseOfferClaims],
    ['present claims', parsePresentClaims],
    ['accept claims', (claims: never) => parseAnswerClaims('accept', claims)],
    ['reject claims', (claims: never) => parseAnswerClaims('reject', claims)],
  ] as const)('%s: any object gives a value or a ComityError', (_name, parse) => {
    fc.assert(
      fc.property(object, (value) => {
        try {
          parse(value as never)
        } catch (error) {
          expect(error).toBeInstanceOf(ComityError)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('an envelope of any bytes gives a value or a ComityError', () => {
    fc.assert(
      fc.property(noise, (body) => {
        try {
          parseEnvelope(body)
        } catch (error) {
          expect(error).toBeInstanceOf(ComityError)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('signed by a real party is refused in the same way', async () => {
    await fc.assert(
      fc.asyncProperty(object, async (claims) => {
        const run = await pair.manual()
        await run.readOffer(await pair.send(run.hello))
        const jws = await signJws({
          header: { typ: 'comity-hs+jwt' },
          payload: JSON.parse(JSON.stringify(claims)) as never,
          signer: pair.initiator.signer,
        })
        await expect(pair.send(await run.present({ jws }))).rejects.toBeInstanceOf(ComityError)
      }),
      { numRuns: 200 },
    )
  })
})
