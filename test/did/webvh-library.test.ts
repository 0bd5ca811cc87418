import { describe, expect, it, vi } from 'vitest'
import { encodeMultikey } from '../../src/did/multikey.ts'
import { hashText } from '../../src/did/webvh/hash.ts'
import type { Signer } from '../../src/keys/index.ts'
import { forgeFirst, forgeNext, type Forged } from './webvh-forge.ts'
import { judge, library, verifier } from './webvh-library.ts'
import { documentOf, refusalOf, signers, verify } from './webvh-support.ts'

const [signer, other] = (await signers(2)) as [Signer, Signer]
const first = await forgeFirst({ signer })
const portable = await forgeFirst({ signer, parameters: { portable: true } })
const multikey = encodeMultikey(other.publicJwk)
const committed = await forgeFirst({ signer, parameters: { nextKeyHashes: [hashText(multikey)] } })
const end = await forgeNext(first, { signer, parameters: { deactivated: true } })
const moved = (did: string): string => did.replace('acme.example', 'globex.example')

async function withPrototype(): Promise<Forged> {
  const two = await forgeNext(first, { signer })
  return { ...two, log: two.log.replace(/"state":\{(?=[^\n]*\n$)/, '"state":{"__proto__":{"x":1},') }
}

/** Logs that didwebvh-ts 2.8.0 takes, and that the specification does not allow. When it learns, drop the line. */
const missed: [string, () => Promise<Forged>, string][] = [
  ['a first entry that nobody has signed', () => forgeFirst({ signer, members: { proof: [] } }), 'PROOF'],
  [
    'a later entry that nobody has signed',
    () => forgeNext(first, { signer, members: { proof: [] } }),
    'PROOF',
  ],
  ['a member that is not hashed', withPrototype, 'CHAIN'],
  ['an unknown member, not hashed either', () => forgeFirst({ signer, members: { x: 1 } }), 'MALFORMED'],
  ['an entry after the last', () => forgeNext(end, { signer }), 'CHAIN'],
  [
    'a move that does not say where from',
    () => forgeNext(portable, { signer, state: (did) => documentOf(moved(did)) }),
    'CHAIN',
  ],
  ['portable set again', () => forgeNext(portable, { signer, parameters: { portable: true } }), 'MALFORMED'],
  [
    'pre-rotation without a next commitment',
    () => forgeNext(committed, { signer: other, parameters: { updateKeys: [multikey] } }),
    'MALFORMED',
  ],
  ['an unknown parameter', () => forgeNext(first, { signer, parameters: { x: true } }), 'MALFORMED'],
  [
    'witnesses that are none',
    () => forgeNext(first, { signer, parameters: { witness: { threshold: 3, witnesses: [] } } }),
    'MALFORMED',
  ],
]

describe('what didwebvh-ts takes and this library does not', () => {
  it.each(missed)('%s', async (_name, forge, code) => {
    const { did, log, versionId } = await forge()
    expect(await judge(did, log)).toMatchObject({ versionId })
    expect(await refusalOf(verify(did, log))).toBe(`COMITY_DID_LOG_${code}`)
  })

  it('a DID that is deactivated in its first entry', async () => {
    const { did, log } = await forgeFirst({ signer, parameters: { deactivated: true } })
    expect(await judge(did, log)).toMatchObject({ deactivated: false })
    expect((await verify(did, log)).parameters.deactivated).toBe(true)
  })
})

it('didwebvh-ts fetches by itself where it is not given the proofs of witnesses', async () => {
  const fetch = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no'))
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const witness = { threshold: 1, witnesses: [{ id: `did:key:${multikey}` }] }
  const { did, log } = await forgeFirst({ signer, parameters: { witness } })
  const entries = [JSON.parse(log)] as Parameters<typeof library.resolveDIDFromLog>[0]
  await library.resolveDIDFromLog(entries, { verifier }).catch(() => undefined)
  expect(fetch).toHaveBeenCalledOnce()
  fetch.mockClear()
  await verify(did, log).catch(() => undefined)
  expect(fetch).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})
