import { describe, expect, it } from 'vitest'
import { didKeyFromJwk } from '../../src/did/index.ts'
import { encodeMultikey } from '../../src/did/multikey.ts'
import { hashText } from '../../src/did/webvh/hash.ts'
import { verifyWebvhLog } from '../../src/did/webvh/index.ts'
import { signProof } from '../../src/did/webvh/proof.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import { forgeFirst, forgeNext, PLACEHOLDER, type Forged, type Forgery } from './webvh-forge.ts'
import { documentOf, refusalOf, signers, verify } from './webvh-support.ts'

const [signer, other, third] = (await signers(3)) as [Signer, Signer, Signer]
const first = await forgeFirst({ signer })
const multikey = (of: Signer): string => encodeMultikey(of.publicJwk)
const didKey = (of: Signer): string => didKeyFromJwk(of.publicJwk)

/** What a log with one more entry is refused with. */
async function next(forgery: Partial<Forgery>, before: Forged = first): Promise<string> {
  const { did, log } = await forgeNext(before, { signer, ...forgery })
  return refusalOf(verify(did, log))
}

/** What a log of one entry is refused with. */
async function alone(forgery: Partial<Forgery>): Promise<string> {
  const { did, log } = await forgeFirst({ signer, ...forgery })
  return refusalOf(verify(did, log))
}

it('what is forged verifies, but for what a test is about', async () => {
  await expect(verify(first.did, first.log)).resolves.toMatchObject({ did: first.did })
  const two = await forgeNext(first, { signer })
  await expect(verify(first.did, two.log)).resolves.toMatchObject({ did: first.did })
})

describe('the form of a log', () => {
  it.each([
    ['is empty', ''],
    ['has an empty line', `\n${first.log}`],
    ['has an empty line at its end', `${first.log}\n`],
    ['is no JSON', '{'],
    ['has no object', '[]\n'],
    ['has a member twice', first.log.replace('{', '{"versionId":"1-x",')],
    ['has a byte order mark', `\ufeff${first.log}`],
  ])('%s', async (_name, log) => {
    expect(await refusalOf(verify(first.did, log))).toBe('COMITY_DID_LOG_MALFORMED')
  })

  it('is too large, has too many entries, or a too large one', async () => {
    const large = `${' '.repeat(131_072)}${first.log}`
    expect(await refusalOf(verify(first.did, large))).toBe('COMITY_DID_LOG_MALFORMED')
    expect(await refusalOf(verify(first.did, new Uint8Array((4 << 20) + 1)))).toBe('COMITY_DID_LOG_MALFORMED')
    expect(await refusalOf(verify(first.did, 'x\n'.repeat(10_001)))).toBe('COMITY_DID_LOG_MALFORMED')
  })

  it('may lack the last newline, and have white space that JSON allows', async () => {
    await expect(verify(first.did, first.log.trimEnd())).resolves.toBeDefined()
    await expect(
      verify(first.did, first.log.replace('{', ' { ').replace('\n', '\r\n')),
    ).resolves.toBeDefined()
  })
})

describe('the members of an entry', () => {
  it.each<[string, Forgery['members']]>([
    ['an unknown member', { extra: 1 }],
    ['no parameters', { parameters: undefined }],
    ['a state that is a list', { state: [] }],
    ['no versionId', { versionId: undefined }],
  ])('%s', async (_name, members) => {
    expect(await next({ members: members! })).toBe('COMITY_DID_LOG_MALFORMED')
  })

  // didwebvh-ts takes this one for signed.
  it.each([['an empty list'], ['none']])('proofs: %s', async (kind) => {
    const members = { proof: kind === 'none' ? undefined : [] }
    expect(await next({ members })).toBe('COMITY_DID_LOG_PROOF')
    expect(await alone({ members })).toBe('COMITY_DID_LOG_PROOF')
  })

  // didwebvh-ts drops the member before it hashes, so that it is covered by nothing.
  it('a member named __proto__ is part of what is hashed', async () => {
    const two = await forgeNext(first, { signer })
    const log = two.log.replace(/"state":\{(?=[^\n]*\n$)/, '"state":{"__proto__":{"x":1},')
    expect(await refusalOf(verify(first.did, log))).toBe('COMITY_DID_LOG_CHAIN')
  })
})

describe('parameters', () => {
  it.each<[string, JsonObject]>([
    ['unknown', { prerotation: true }],
    ['scid in a later entry', { scid: first.did.split(':')[2]! }],
    ['another method', { method: 'did:webvh:0.5' }],
    ['portable in a later entry', { portable: true }],
    ['portable as a text', { portable: 'false' }],
    ['a negative ttl', { ttl: -1 }],
    ['ttl as a text', { ttl: '60' }],
    ['update keys that are no list', { updateKeys: multikey(signer) }],
    ['an update key that is no text', { updateKeys: [1] }],
    ['too many update keys', { updateKeys: Array.from({ length: 65 }, () => multikey(signer)) }],
    ['witnesses without a threshold', { witness: { witnesses: [{ id: didKey(other) }] } }],
    ['a threshold of none', { witness: { threshold: 0, witnesses: [{ id: didKey(other) }] } }],
    ['a threshold of more than all', { witness: { threshold: 2, witnesses: [{ id: didKey(other) }] } }],
    ['a threshold that is no integer', { witness: { threshold: 0.5, witnesses: [{ id: didKey(other) }] } }],
    ['a threshold as a text', { witness: { threshold: '1', witnesses: [{ id: didKey(other) }] } }],
    ['no witnesses', { witness: { threshold: 1, witnesses: [] } }],
    [
      'a witness twice',
      { witness: { threshold: 1, witnesses: [{ id: didKey(other) }, { id: didKey(other) }] } },
    ],
    ['a witness with a fragment', { witness: { threshold: 1, witnesses: [{ id: `${didKey(other)}#x` }] } }],
    ['a witness that is no did:key', { witness: { threshold: 1, witnesses: [{ id: first.did }] } }],
  ])('%s', async (_name, parameters) => {
    expect(await next({ parameters })).toBe('COMITY_DID_LOG_MALFORMED')
  })

  it.each<[string, JsonObject]>([
    ['no method', { method: null }],
    ['another method', { method: 'did:webvh:1.1' }],
    ['no SCID', { scid: '' }],
    ['no update keys', { updateKeys: false }],
  ])('in the first entry: %s', async (_name, parameters) => {
    expect(await alone({ parameters })).toBe('COMITY_DID_LOG_MALFORMED')
  })

  it('a witness of another kind of key is refused when it is named', async () => {
    const p256 = await generateSigner({ alg: 'ES256' })
    const witness = { threshold: 1, witnesses: [{ id: didKey(p256) }] }
    expect(await next({ parameters: { witness } })).toBe('COMITY_DID_LOG_MALFORMED')
  })

  it('null stands for what is not there, as early logs have it', async () => {
    const parameters = { witness: null, watchers: null, nextKeyHashes: null, ttl: null }
    const { did, log } = await forgeNext(first, { signer, parameters })
    const verified = await verify(did, log)
    expect(verified.parameters).toMatchObject({
      witness: undefined,
      watchers: [],
      nextKeyHashes: [],
      ttl: 3600,
    })
  })
})

describe('times', () => {
  it.each([
    ['before the last', '2026-11-23T23:59:59Z'],
    ['equal to the last', '2026-11-24T00:00:00.000Z'],
    ['in another zone', '2026-11-24T01:00:00+01:00'],
    ['without a zone', '2026-11-24T01:00:00'],
    ['a date', '2026-11-25'],
    ['of the 30th of February', '2027-02-30T00:00:00Z'],
    ['at 24 o’clock', '2026-11-24T24:00:00Z'],
    ['in the future', '2026-12-24T00:00:00Z'],
  ])('%s', async (_name, versionTime) => {
    expect(await next({ versionTime })).toBe('COMITY_DID_LOG_TIME')
  })

  it.each(['2026-11-24T00:00:00.000000001Z', '2026-11-24T00:00:01+00:00'])(
    '%s is later',
    async (versionTime) => {
      const { did, log } = await forgeNext(first, { signer, versionTime })
      await expect(verify(did, log)).resolves.toBeDefined()
    },
  )

  it('the clock is the one that is passed in, with five minutes for others', async () => {
    const { did, log } = await forgeFirst({ signer, versionTime: '2099-01-01T00:00:00Z' })
    const time = Date.parse('2099-01-01T00:00:00Z') / 1000
    await expect(verifyWebvhLog(did, { log, now: time - 300 })).resolves.toBeDefined()
    expect(await refusalOf(verifyWebvhLog(did, { log, now: time - 301 }))).toBe('COMITY_DID_LOG_TIME')
    await expect(verifyWebvhLog(did, { log, now: Number.NaN })).rejects.toThrow(TypeError)
  })
})

describe('the chain', () => {
  it('a first entry with the placeholder in it, which could stand for the SCID', async () => {
    const state = (did: string) => ({ ...documentOf(did), alsoKnownAs: [`urn:${PLACEHOLDER}`] })
    expect(await alone({ state })).toBe('COMITY_DID_LOG_CHAIN')
  })

  it('the log of another DID, of another place, of another SCID', async () => {
    const stranger = await forgeFirst({ signer: other })
    expect(await refusalOf(verify(first.did, stranger.log))).toBe('COMITY_DID_LOG_CHAIN')
    expect(await refusalOf(verify(first.did.replace('acme', 'globex'), first.log))).toBe(
      'COMITY_DID_LOG_CHAIN',
    )
    const state = () => documentOf(stranger.did)
    expect(await next({ state })).toBe('COMITY_DID_LOG_CHAIN')
  })

  it('an entry after the last', async () => {
    const end = await forgeNext(first, { signer, parameters: { deactivated: true } })
    expect(await next({ parameters: { deactivated: false } }, end)).toBe('COMITY_DID_LOG_CHAIN')
    const born = await forgeFirst({ signer, parameters: { deactivated: true } })
    expect((await verify(born.did, born.log)).parameters.deactivated).toBe(true)
    expect(await next({}, born)).toBe('COMITY_DID_LOG_CHAIN')
  })

  it('a move of what is not portable, or that does not say where from', async () => {
    const to = (did: string): string => did.replace('acme.example', 'globex.example')
    const named = (did: string) => ({ ...documentOf(to(did)), alsoKnownAs: [did] })
    expect(await next({ state: named })).toBe('COMITY_DID_LOG_CHAIN')
    const portable = await forgeFirst({ signer, parameters: { portable: true } })
    expect(await next({ state: (did) => documentOf(to(did)) }, portable)).toBe('COMITY_DID_LOG_CHAIN')
    expect(await next({ state: named, parameters: { portable: false } }, portable)).toBe(
      'COMITY_DID_LOG_CHAIN',
    )
    const moved = await forgeNext(portable, { signer, state: named })
    await expect(verify(moved.did, moved.log)).resolves.toBeDefined()
    await expect(verify(to(moved.did), moved.log)).resolves.toBeDefined()
  })
})

describe('who may sign', () => {
  it('a stranger, the next key, the last key', async () => {
    expect(await next({ signer: other })).toBe('COMITY_DID_LOG_PROOF')
    const parameters = { updateKeys: [multikey(other)] }
    expect(await next({ signer: other, parameters })).toBe('COMITY_DID_LOG_PROOF')
    const rotated = await forgeNext(first, { signer, parameters })
    expect(await next({ signer }, rotated)).toBe('COMITY_DID_LOG_PROOF')
    const two = await forgeNext(rotated, { signer: other })
    await expect(verify(two.did, two.log)).resolves.toBeDefined()
  })

  it('pre-rotation: only keys that were committed to, and all of them named', async () => {
    const committed = await forgeFirst({ signer, parameters: { nextKeyHashes: [hashText(multikey(other))] } })
    const keys = (...of: Signer[]) => ({ updateKeys: of.map(multikey), nextKeyHashes: [] })
    expect(await next({ parameters: keys(signer) }, committed)).toBe('COMITY_DID_LOG_PROOF')
    expect(await next({ signer: other, parameters: keys(other, third) }, committed)).toBe(
      'COMITY_DID_LOG_PROOF',
    )
    expect(await next({ signer, parameters: keys(other) }, committed)).toBe('COMITY_DID_LOG_PROOF')
    expect(await next({ signer: other, parameters: keys() }, committed)).toBe('COMITY_DID_LOG_PROOF')
    const { updateKeys, nextKeyHashes } = keys(other)
    expect(await next({ signer: other, parameters: { updateKeys } }, committed)).toBe(
      'COMITY_DID_LOG_MALFORMED',
    )
    expect(await next({ signer: other, parameters: { nextKeyHashes } }, committed)).toBe(
      'COMITY_DID_LOG_MALFORMED',
    )
    const rotated = await forgeNext(committed, { signer: other, parameters: keys(other) })
    await expect(verify(rotated.did, rotated.log)).resolves.toBeDefined()
  })

  it.each<[string, JsonObject]>([
    ['type', { type: 'DataIntegrityProof2' }],
    ['cryptosuite', { cryptosuite: 'eddsa-rdfc-2022' }],
    ['purpose', { proofPurpose: 'authentication' }],
    ['body and fragment', { verificationMethod: `${didKey(signer)}#${multikey(other)}` }],
    ['a method that would have to be resolved', { verificationMethod: `${first.did}#key-1` }],
    ['a context', { '@context': 'https://www.w3.org/ns/did/v1' }],
    ['a value in another base', { proofValue: 'uAAAA' }],
    ['a value that is none', { proofValue: 1 }],
    ['an unsigned member', { nonce: 'x' }],
    ['an expiry', { expires: 'soon' }],
  ])('proofs with another %s', async (_name, proof) => {
    expect(await next({ proof })).toBe('COMITY_DID_LOG_PROOF')
  })

  it('a second proof must hold as well', async () => {
    const { lines, did } = await forgeNext(first, { signer })
    const entry = JSON.parse(lines[1]!) as { proof: JsonObject[] }
    const stranger = await signProof(other, 'x', '2026-11-24T00:00:00Z')
    const both = JSON.stringify({ ...entry, proof: [...entry.proof, stranger] })
    expect(await refusalOf(verify(did, `${lines[0]!}\n${both}\n`))).toBe('COMITY_DID_LOG_PROOF')
    const twice = JSON.stringify({ ...entry, proof: [...entry.proof, ...entry.proof] })
    await expect(verify(did, `${lines[0]!}\n${twice}\n`)).resolves.toBeDefined()
  })
})
