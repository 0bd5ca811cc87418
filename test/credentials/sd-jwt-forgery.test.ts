/**
 * Forged SD-JWT VCs: by strangers, by those who overheard another run, and by the holder itself, who can sign any key
 * binding.
 */
import { describe, expect, it } from 'vitest'
import {
  parseSdJwtCredential,
  presentSdJwtCredential,
  verifyCredential,
} from '../../src/credentials/index.ts'
import type { JsonObject, JsonValue } from '../../src/encoding/index.ts'
import { generateSigner, parseJws, signJws, withKid } from '../../src/keys/index.ts'
import { campaign, memberMutants, tokenMutants, withParts } from './mutants.ts'
import { bindKey, createSdJwtWorld, disclosureOf, issueSdPosture, show } from './sd-jwt-world.ts'
import { HOLDER, NOW, createIssuer, POSTURE } from './world.ts'

const LEAST = 10_000

const world = await createSdJwtWorld()
const { issuer, holder, sdJwtOptions } = world
const evil = await createIssuer(world.web, 'did:web:evil.example')
const stranger = withKid(await generateSigner({ alg: 'Ed25519' }), holder.kid)

const disclosable = [
  ['attestation'],
  ['attestation', 'selectors', null],
  ['evaluations', 0, 'date'],
  ['region'],
]
const whole = await issueSdPosture(world, { disclosable, decoys: 1 })
const shown = [['attestation', 'selectors', 0], ['region']]
const token = await show(whole, holder, shown)
const [jwt = '', ...rest] = token.split('~')
const disclosures = rest.slice(0, -1)
const keyBinding = rest.at(-1) ?? ''

/** Other credentials of the same holder, whose disclosures do not belong in this one. */
const other = await issueSdPosture(world, { claims: { ...POSTURE, region: 'us' }, disclosable })
const foreign = parseSdJwtCredential(other).disclosures.map(({ text }) => text)
/** Disclosures of this one that were not shown. */
const kept = parseSdJwtCredential(whole)
  .disclosures.map(({ text }) => text)
  .filter((text) => !disclosures.includes(text))

async function verify(text: string): Promise<unknown> {
  return verifyCredential(text, sdJwtOptions)
}

/** Lists of disclosures that are not those of the issuer, for this credential, each once. */
function* forgedDisclosures(): Generator<readonly string[]> {
  for (const [index, disclosure] of disclosures.entries()) {
    const replace = (...texts: readonly string[]): string[] => disclosures.toSpliced(index, 1, ...texts)
    yield replace(disclosure, disclosure)
    yield replace(disclosure, '')
    for (const text of foreign) {
      yield replace(text)
      yield replace(disclosure, text)
    }
    const content = JSON.parse(Buffer.from(disclosure, 'base64url').toString()) as JsonValue[]
    for (const { content: changed } of memberMutants({ content })) {
      const text = Array.isArray(changed) ? disclosureOf(...(changed as JsonValue[])) : disclosure
      if (text !== disclosure) yield replace(text)
    }
    for (const text of tokenMutants(disclosure, 3)) yield replace(text)
  }
}

/** Lists of disclosures that the holder could have shown, and did not. */
function* otherChoices(): Generator<readonly string[]> {
  for (const index of disclosures.keys()) yield disclosures.toSpliced(index, 1)
  for (const text of kept) yield [...disclosures, text]
  yield disclosures.toReversed()
  yield []
}

function join(parts: readonly string[]): string {
  return [jwt, ...parts, ''].join('~')
}

/** What can be made without the key of the issuer and the key of the holder. */
async function* byStrangers(): AsyncGenerator<string> {
  yield* tokenMutants(token, 3)
  yield token.slice(0, -keyBinding.length)
  for (const parts of [...forgedDisclosures(), ...otherChoices()]) yield `${join(parts)}${keyBinding}`
  const { header, claims } = parseJws(jwt)
  const bound = parseJws(keyBinding)
  for (const mutant of memberMutants(header)) yield [withParts(jwt, { header: mutant }), ...rest].join('~')
  for (const payload of memberMutants(claims)) yield [withParts(jwt, { payload }), ...rest].join('~')
  for (const mutant of memberMutants(bound.header))
    yield join(disclosures) + withParts(keyBinding, { header: mutant })
  for (const payload of [bound.claims, ...memberMutants(bound.claims)]) {
    if (payload !== bound.claims) yield join(disclosures) + withParts(keyBinding, { payload })
    yield join(disclosures) + (await signJws({ header: { typ: 'kb+jwt' }, payload, signer: stranger }))
  }
  yield* byThoseWhoOverheard()
}

/** What the holder signed for others, or for another credential, or another holder for the same verifier. */
async function* byThoseWhoOverheard(): AsyncGenerator<string> {
  const occasion = { disclose: shown, holder, nonce: 'other', audience: 'did:web:globex.example', now: NOW }
  for (const more of [
    {},
    { nonce: 'bm9uY2Utb2YtdGhpcy1ydW4', audience: 'did:web:other.example' },
    { now: NOW - 3600 },
  ]) {
    yield await presentSdJwtCredential(whole, { ...occasion, ...more })
  }
  const sibling = await issueSdPosture(
    { issuer, holder: stranger },
    { disclosable, holderKey: stranger.publicJwk },
  )
  for (const shownElsewhere of [await show(other, holder, shown), await show(sibling, stranger, shown)]) {
    yield `${join(disclosures)}${shownElsewhere.split('~').at(-1) ?? ''}`
  }
}

/** What can be made with the key of the holder, but not with that of the issuer: another credential than was issued. */
async function* byTheHolder(): AsyncGenerator<string> {
  for (const parts of forgedDisclosures()) yield bindKey(join(parts), holder)
  const { header, claims } = parseJws(jwt)
  for (const mutant of memberMutants(header)) yield bound(withParts(jwt, { header: mutant }))
  for (const payload of memberMutants(claims)) {
    yield bound(withParts(jwt, { payload }))
    for (const signer of [evil.signer, withKid(stranger, issuer.signer.kid)])
      yield bound(await issuerJwt(payload, signer))
  }
}

async function issuerJwt(payload: JsonObject, signer: typeof stranger): Promise<string> {
  return signJws({ header: { typ: 'dc+sd-jwt' }, payload, signer })
}

async function bound(forgedJwt: string): Promise<string> {
  return bindKey([forgedJwt, ...disclosures, ''].join('~'), holder)
}

async function* everybody(): AsyncGenerator<string> {
  yield* byStrangers()
  yield* byTheHolder()
}

describe('forged evidence: dc+sd-jwt', () => {
  it('accepts the original', async () => {
    await expect(verify(token)).resolves.toMatchObject({ subject: HOLDER, document: { region: 'eu' } })
  })

  it(`accepts none of ${String(LEAST)} mutants, and answers each with a ComityError`, async () => {
    const { tried, accepted, strange } = await campaign(everybody(), verify)
    expect(tried).toBeGreaterThanOrEqual(LEAST)
    expect(accepted).toHaveLength(0)
    expect(strange).toEqual([])
  }, 120_000)

  it('lets the holder choose again what it shows', async () => {
    for (const parts of otherChoices()) {
      // A selector without the attestation that it is in belongs nowhere.
      const orphan = !parts.some((text) => Buffer.from(text, 'base64url').toString().includes('attestation'))
      const selectors = parts.some((text) => Buffer.from(text, 'base64url').toString().includes('k8s'))
      const result = campaign([await bindKey(join(parts), holder)], verify)
      expect((await result).accepted).toHaveLength(orphan && selectors ? 0 : 1)
    }
  })
})

describe('positive control', () => {
  it('finds a verifier that takes any key binding', async () => {
    const careless = async (text: string): Promise<unknown> =>
      verify(await bindKey(text.slice(0, text.lastIndexOf('~') + 1), holder))
    const { accepted } = await campaign(byStrangers(), careless)
    expect(accepted.length).toBeGreaterThan(100)
  }, 60_000)

  it('finds a verifier that drops what belongs nowhere', async () => {
    const forgiving = async (text: string): Promise<unknown> => {
      const [first = '', ...more] = text.split('~')
      const known = more.slice(0, -1).filter((part) => disclosures.includes(part))
      return verify(await bindKey([first, ...new Set(known), ''].join('~'), holder))
    }
    const { accepted } = await campaign(byTheHolder(), forgiving)
    expect(accepted.length).toBeGreaterThan(0)
  }, 60_000)

  it('finds a verifier that believes who is named', async () => {
    const trusting = async (text: string): Promise<unknown> => {
      const [first = '', ...more] = text.split('~')
      const resigned = await issuerJwt(parseJws(first).claims, issuer.signer)
      return verify(await bindKey([resigned, ...more.slice(0, -1), ''].join('~'), holder))
    }
    const { accepted } = await campaign(byTheHolder(), trusting)
    expect(accepted.length).toBeGreaterThan(0)
  }, 60_000)

  it('finds a verifier that throws what it likes', async () => {
    const careless = async (text: string): Promise<unknown> => {
      for (const part of text.split('~').slice(1, -1)) JSON.parse(Buffer.from(part, 'base64url').toString())
      return verify(text)
    }
    const { strange } = await campaign(byTheHolder(), careless)
    expect(strange.length).toBeGreaterThan(0)
  }, 60_000)
})
