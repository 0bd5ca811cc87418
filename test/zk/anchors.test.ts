import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { parseJws, signJws, type Signer } from '../../src/keys/index.ts'
import {
  ANCHORS_TYP,
  anchorDigest,
  assertAnchorSet,
  encodeFieldElement,
  FIELD_ORDER,
  issueAnchorList,
  issuerLeaf,
  MAX_ANCHORS_LENGTH,
  multiplyBase,
  rootOf,
  verifyAnchorList,
  type AnchorLeaf,
  type AnchorSet,
} from '../../src/zk/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { createVerifier, createWorld, START, TYPE, type Party } from './support/anchors-world.ts'

const world = createWorld()
const verifier = await createVerifier(world)
const other = await createVerifier(world, 'initech.example')

function leaf(number: number, more: Partial<AnchorLeaf> = {}): AnchorLeaf {
  const issuer = `did:web:issuer${number}.example`
  return {
    issuer,
    kid: `${issuer}#zk-1`,
    key: multiplyBase(BigInt(number) + 5n),
    statusLists: [`https://issuer${number}.example/status/token/1`],
    statusRoot: BigInt(number) + 1000n,
    ...more,
  }
}

const issue = (leaves: readonly AnchorLeaf[]): Promise<AnchorSet> =>
  issueAnchorList({
    signer: verifier.signer,
    issuer: verifier.did,
    type: TYPE,
    epoch: START,
    epochSeconds: 600,
    leaves,
  })
const verify = (
  jws: string,
  {
    digest = anchorDigest(jws),
    now = START,
    by = verifier,
  }: { digest?: string; now?: number; by?: Party } = {},
): Promise<AnchorSet> => verifyAnchorList(jws, { digest, issuer: by.did, resolver: world.resolver, now })

const list = await issue([leaf(1), leaf(2), leaf(3)])
const claims = parseJws(list.jws, { maxLength: MAX_ANCHORS_LENGTH }).claims

/** Signs other members in place of the list's. */
async function resign(
  more: JsonObject,
  signer: Signer = verifier.signer,
  typ = ANCHORS_TYP,
): Promise<string> {
  return signJws({ header: { typ }, payload: { ...claims, ...more }, signer })
}

/** Signs an entry with other members in place of the first one. */
async function resignEntry(more: JsonObject): Promise<string> {
  const [first, ...rest] = claims['issuers'] as JsonObject[]
  return resign({ issuers: [{ ...first, ...more }, ...rest] as JsonValue[] })
}

describe('anchor lists', () => {
  it('says what was signed, with the root and the paths of its leaves', async () => {
    const verified = await verify(list.jws)
    expect(verified).toMatchObject({ issuer: verifier.did, type: TYPE, epoch: START, epochSeconds: 600 })
    expect(verified).toMatchObject({ expiresAt: START + 600, digest: list.digest, root: list.root })
    expect(verified.leaves).toEqual([leaf(1), leaf(2), leaf(3)])
    for (const [index, { key, statusRoot }] of verified.leaves.entries()) {
      expect(verified.path(index)).toHaveLength(8)
      expect(rootOf(issuerLeaf(key, statusRoot), index, verified.path(index))).toBe(verified.root)
    }
    expect(Object.isFrozen(verified)).toBe(true)
    expect(() => assertAnchorSet(verified)).not.toThrow()
    expect(() => assertAnchorSet({ ...verified })).toThrow(TypeError)
  })

  it('takes no issuer at all, and as many as the tree has leaves', async () => {
    expect((await verify((await issue([])).jws)).leaves).toEqual([])
    await expect(issue(Array.from({ length: 257 }, (_, n) => leaf(n)))).rejects.toThrow()
    const most = await issue(Array.from({ length: 256 }, (_, n) => leaf(n)))
    expect(most.leaves).toHaveLength(256)
  })

  it('refuses a list that is not the one of the digest, not of the verifier, or not signed by it', async () => {
    const another = await issue([leaf(1), leaf(2)])
    expect(await codeOfPromise(() => verify(another.jws, { digest: list.digest }))).toBe(
      'COMITY_ZK_ANCHORS_FORGED',
    )
    expect(await codeOfPromise(() => verify(list.jws, { by: other }))).toBe('COMITY_ZK_ANCHORS_FORGED')
    const foreign = await resign({}, other.signer)
    expect(await codeOfPromise(() => verify(foreign))).toBe('COMITY_ZK_ANCHORS_FORGED')
    const claimed = await resign({}, { ...other.signer, kid: verifier.signer.kid })
    expect(await codeOfPromise(() => verify(claimed))).toBe('COMITY_ZK_ANCHORS_FORGED')
    const typed = await resign({}, verifier.signer, 'statuslist+jwt')
    expect(await codeOfPromise(() => verify(typed))).toBe('COMITY_ZK_ANCHORS_MALFORMED')
  })

  it('holds for its epoch and a minute around it', async () => {
    await expect(verify(list.jws, { now: START - 60 })).resolves.toBeDefined()
    await expect(verify(list.jws, { now: START + 659 })).resolves.toBeDefined()
    const early = await codeOfPromise(() => verify(list.jws, { now: START - 61 }))
    expect(early).toBe('COMITY_ZK_ANCHORS_NOT_YET_VALID')
    const late = await codeOfPromise(() => verify(list.jws, { now: START + 660 }))
    expect(late).toBe('COMITY_ZK_ANCHORS_STALE')
  })

  it('recomputes the root', async () => {
    const swapped = await resign({ issuers: (claims['issuers'] as JsonValue[]).toReversed() })
    expect(await codeOfPromise(() => verify(swapped))).toBe('COMITY_ZK_ANCHORS_ROOT')
    const fewer = await resign({ issuers: (claims['issuers'] as JsonValue[]).slice(1) })
    expect(await codeOfPromise(() => verify(fewer))).toBe('COMITY_ZK_ANCHORS_ROOT')
    const status = await resignEntry({ status_root: encodeFieldElement(7n) })
    expect(await codeOfPromise(() => verify(status))).toBe('COMITY_ZK_ANCHORS_ROOT')
  })

  it('refuses a key twice, be it with two status roots or for two issuers', async () => {
    const twice = [leaf(1), leaf(1, { statusRoot: 5n })]
    expect(await codeOfPromise(() => issue(twice))).toBe('COMITY_ZK_ANCHORS_KEY_TWICE')
    const shared = [leaf(1), leaf(2, { key: leaf(1).key })]
    expect(await codeOfPromise(() => issue(shared))).toBe('COMITY_ZK_ANCHORS_KEY_TWICE')
    const [first, second] = claims['issuers'] as JsonObject[]
    const signed = await resign({
      issuers: [first ?? {}, { ...second, x: first?.['x'] ?? '', y: first?.['y'] ?? '' }],
    })
    expect(await codeOfPromise(() => verify(signed))).toBe('COMITY_ZK_ANCHORS_KEY_TWICE')
  })

  it.each([
    ['the neutral element', { x: 0n, y: 1n }],
    ['the point of order two', { x: 0n, y: FIELD_ORDER - 1n }],
    [
      'the generator of the whole curve',
      {
        x: 995203441582195749578291179787384436505546430278305826713579947235728471134n,
        y: 5472060717959818805561601436314318772137091100104008585924551046643952123905n,
      },
    ],
    ['a point beside the curve', { x: 1n, y: 1n }],
  ])('refuses %s as a key', async (_, { x, y }) => {
    const signed = await resignEntry({ x: encodeFieldElement(x), y: encodeFieldElement(y) })
    expect(await codeOfPromise(() => verify(signed))).toBe('COMITY_ZK_KEY_INVALID')
    await expect(issue([leaf(1, { key: { x, y } })])).rejects.toThrow(ComityError)
  })

  it.each<[string, JsonObject]>([
    ['a member too many', { more: 1 }],
    ['a type that is empty', { type: '' }],
    ['an epoch with a fraction', { epoch: START + 0.5 }],
    ['an epoch below 0', { epoch: -600, exp: 0 }],
    ['an epoch that is too short', { epoch_seconds: 59 }],
    ['an epoch that is too long', { epoch_seconds: 3601 }],
    ['an end after the epoch', { exp: START + 601 }],
    ['an end at the start', { exp: START }],
    ['no time of issue', { iat: null }],
    ['a root of 31 bytes', { root: 'A'.repeat(42) }],
    ['a root above the field', { root: '_'.repeat(42) + '8' }],
    ['no list of issuers', { issuers: {} }],
    ['an issuer that is no object', { issuers: [1] }],
  ])('refuses %s', async (_, more) => {
    const signed = await resign(more)
    expect(await codeOfPromise(() => verify(signed))).toBe('COMITY_ZK_ANCHORS_MALFORMED')
  })

  it.each<[string, JsonObject]>([
    ['a member too many', { more: 1 }],
    ['no DID', { iss: 'acme' }],
    ['the key of somebody else', { kid: 'did:web:issuer2.example#zk-1' }],
    ['a coordinate that is not canonical', { x: 'A'.repeat(44) }],
    ['no status list', { status_lists: [] }],
    ['a status list twice', { status_lists: ['https://a.example/1', 'https://a.example/1'] }],
    ['a status list that is not https', { status_lists: ['http://a.example/1'] }],
    [
      'too many status lists',
      { status_lists: Array.from({ length: 65 }, (_, n) => `https://a.example/${n}`) },
    ],
    ['a status root above the field', { status_root: '_'.repeat(42) + '8' }],
  ])('refuses an entry with %s', async (_, more) => {
    const signed = await resignEntry(more)
    expect(await codeOfPromise(() => verify(signed))).toBe('COMITY_ZK_ANCHORS_MALFORMED')
  })

  it('says that it cannot judge when the verifier cannot be resolved', async () => {
    const nobody = { did: 'did:web:nobody.example', signer: verifier.signer }
    const signed = await resign({ iss: nobody.did })
    expect(await codeOfPromise(() => verify(signed, { by: nobody }))).toBe('COMITY_ZK_ANCHORS_UNAVAILABLE')
  })

  it('refuses a list with one character changed', async () => {
    const char = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=')
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: list.jws.length - 1 }), char, async (at, replacement) => {
        fc.pre(list.jws[at] !== replacement)
        const changed = list.jws.slice(0, at) + replacement + list.jws.slice(at + 1)
        await expect(verify(changed, { digest: list.digest })).rejects.toBeInstanceOf(ComityError)
        // Whoever can choose the digest still has to sign.
        await expect(verify(changed)).rejects.toBeInstanceOf(ComityError)
      }),
      { numRuns: 200 },
    )
  })

  it('answers any text and any signed payload with a ComityError and nothing else', async () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.base64String()).map((parts) => parts.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(noise, async (text) => {
        await expect(verify(text)).rejects.toBeInstanceOf(ComityError)
      }),
    )
    const names = fc.constantFrom(...Object.keys(claims))
    const values = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as JsonValue)
    await fc.assert(
      fc.asyncProperty(names, values, async (name, value) => {
        fc.pre(JSON.stringify(claims[name]) !== JSON.stringify(value) && name !== 'type')
        await expect(verify(await resign({ [name]: value }))).rejects.toBeInstanceOf(ComityError)
      }),
    )
  })
})
