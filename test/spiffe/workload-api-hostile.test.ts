import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import type { X509Svid } from '../../src/spiffe/index.ts'
import type { FakeWorkloadApiMethod } from '../../src/testing/index.ts'
import { askFor, encodeAnswer, startEndpoint, svidMessage, type Endpoint } from './workload-api-support.ts'

let endpoint: Endpoint
let svid: X509Svid

beforeAll(async () => {
  endpoint = await startEndpoint()
  svid = await endpoint.authority.issueX509Svid('/workload', { withIntermediate: true })
})
afterAll(() => endpoint[Symbol.asyncDispose]())

const answered = (method: FakeWorkloadApiMethod, message: object | Uint8Array) =>
  askFor(endpoint, method, message)

const one = () => svidMessage(svid, endpoint.authority)
const context = (change: object = {}, rest: object = {}) => ({ svids: [{ ...one(), ...change }], ...rest })

describe('hostile answers', () => {
  const methods = [
    'FetchX509SVID',
    'FetchX509Bundles',
    'FetchJWTSVID',
    'FetchJWTBundles',
    'ValidateJWTSVID',
  ] as const
  const method = fc.constantFrom(...methods)

  /** Answers are either refused by a coded error or read; nothing else may happen. */
  async function isJudged(name: FakeWorkloadApiMethod, message: object | Uint8Array): Promise<void> {
    const failure = await answered(name, message).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failure !== undefined) expect(failure).toBeInstanceOf(ComityError)
  }

  it('any bytes are judged', async () => {
    await fc.assert(fc.asyncProperty(method, fc.uint8Array({ maxLength: 200 }), isJudged), { numRuns: 300 })
  })

  it('any bytes in any field are judged', async () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each))
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', 'spiffe://acme.example/workload', '__proto__'),
    )
    const map = fc.dictionary(
      fc.oneof(text, fc.constantFrom('acme.example', 'spiffe://acme.example')),
      bytes,
      { maxKeys: 4 },
    )
    const svids = fc.array(
      fc.record(
        { spiffeId: text, x509Svid: bytes, x509SvidKey: bytes, bundle: bytes, hint: text, svid: text },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    )
    const messages = fc.record(
      { svids, crl: fc.array(bytes, { maxLength: 3 }), federatedBundles: map, bundles: map, spiffeId: text },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(method, messages, async (name, message) => {
        const { svids: list = [], ...rest } = message
        const isJwt = name === 'FetchJWTSVID'
        const fitting = list.map(({ svid: each, x509Svid, x509SvidKey, bundle, ...both }) =>
          isJwt ? { ...both, svid: each } : { ...both, x509Svid, x509SvidKey, bundle },
        )
        await isJudged(name, { ...rest, svids: fitting })
      }),
      { numRuns: 300 },
    )
  })

  it('a valid answer with a byte changed is refused, or is read as what it says', async () => {
    const valid = encodeAnswer('FetchX509SVID', context())
    await expect(answered('FetchX509SVID', valid)).resolves.toBeDefined()
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: valid.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, change) => {
          const mutant = valid.slice()
          mutant[at] = mutant[at]! ^ change
          await isJudged('FetchX509SVID', mutant)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('an answer nested without end is refused', async () => {
    // Each level: a struct value in a field of a struct.
    let bytes = Buffer.from([0x20, 1])
    for (let depth = 0; depth < 3000; depth += 1) {
      const field = (tag: number, content: Buffer) =>
        Buffer.concat([Buffer.from([tag]), varint(content.length), content])
      bytes = field(0x32, field(0x0a, bytes))
    }
    const value = Buffer.concat([Buffer.from([0x12]), varint(bytes.length), bytes])
    const answer = Buffer.concat([Buffer.from([0x0a, 1, 0x61]), value])
    await expect(answered('ValidateJWTSVID', new Uint8Array(answer))).rejects.toBeInstanceOf(ComityError)
  })

  function varint(value: number): Buffer {
    const octets: number[] = []
    for (let rest = value; octets.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
      octets.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
    }
    return Buffer.from(octets)
  }
})
