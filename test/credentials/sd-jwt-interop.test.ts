/**
 * SD-JWT VCs between this library and @sd-jwt/sd-jwt-vc, both ways; and random ones, put together by both.
 */
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseSdJwtCredential,
  presentSdJwtCredential,
  verifyCredential,
  verifySdJwt,
  vctOf,
  type ClaimsPath,
} from '../../src/credentials/index.ts'
import { encodeBase64url, encodeUtf8, decodeBase64url, type JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { verifyBytes, type PublicJwk, type Signer } from '../../src/keys/index.ts'
import { randomId, sha256, sha384, sha512 } from '../../src/runtime/index.ts'
import { NONCE, VERIFIER, createSdJwtWorld, issueSdPosture, show } from './sd-jwt-world.ts'
import { HOLDER, NOW, POSTURE } from './world.ts'

const world = await createSdJwtWorld()
const { issuer, holder, sdJwtOptions } = world

const HASHES: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  'sha-256': sha256,
  'sha-384': sha384,
  'sha-512': sha512,
}

function signWith(signer: Signer): (data: string) => Promise<string> {
  return async (data) => encodeBase64url(await signer.sign(encodeUtf8(data)))
}

async function verifies(
  signer: Pick<Signer, 'alg'>,
  jwk: PublicJwk,
  data: string,
  signature: string,
): Promise<boolean> {
  await verifyBytes(jwk, signer.alg, encodeUtf8(data), decodeBase64url(signature))
  return true
}

/** The other implementation, with the same keys. */
function createOther(hashAlg: 'sha-256' | 'sha-384' | 'sha-512' = 'sha-256'): SDJwtVcInstance {
  return new SDJwtVcInstance({
    hasher: (data, alg) => {
      const hash = HASHES[alg] ?? sha256
      return hash(typeof data === 'string' ? encodeUtf8(data) : new Uint8Array(data))
    },
    hashAlg,
    saltGenerator: () => randomId(),
    signer: signWith(issuer.signer),
    signAlg: issuer.signer.alg,
    verifier: async (data, signature) => verifies(issuer.signer, issuer.signer.publicJwk, data, signature),
    kbSigner: signWith(holder),
    kbSignAlg: holder.alg,
    kbVerifier: async (data, signature) => verifies(holder, holder.publicJwk, data, signature),
  })
}

const CLAIMS = {
  iss: issuer.did,
  sub: HOLDER,
  vct: vctOf('AgentPostureCredential'),
  nbf: NOW - 3600,
  exp: NOW + 3600,
  cnf: { jwk: holder.publicJwk as unknown as JsonObject },
  ...(POSTURE as unknown as JsonObject),
}
const HEADER = { kid: issuer.signer.kid }
const KEY_BINDING = { payload: { iat: NOW, aud: VERIFIER, nonce: NONCE } }

describe('what is issued here', () => {
  it('verifies there, also as presented here', async () => {
    const other = createOther()
    const token = await issueSdPosture(world, { decoys: 2 })
    await expect(other.verify(token, { currentDate: NOW })).resolves.toMatchObject({ payload: POSTURE })
    const presented = await show(token, holder, [['region']])
    const result = await other.verify(presented, { currentDate: NOW, keyBindingNonce: NONCE })
    expect(result.payload).toMatchObject({ region: 'eu', sub: HOLDER })
    expect(result.payload).not.toHaveProperty('sandbox')
    expect(result.kb?.payload).toMatchObject({ aud: VERIFIER, nonce: NONCE })
  })

  it('is presented there, and verifies here', async () => {
    // Its presenter loses disclosures within disclosures once there is a key binding, so none are here.
    const disclosable = [['attestation', 'selectors', null], ['region'], ['sandbox']]
    const token = await issueSdPosture(world, { disclosable })
    const presented = await createOther().present<Record<string, unknown>>(
      token,
      { attestation: { selectors: { 0: true } }, region: true },
      { kb: KEY_BINDING },
    )
    const { document } = await verifyCredential(presented, sdJwtOptions)
    expect(document).toMatchObject({ region: 'eu', attestation: POSTURE.attestation })
    expect(document).not.toHaveProperty('sandbox')
  })
})

describe('what is issued there', () => {
  it.each(['sha-256', 'sha-384', 'sha-512'] as const)('verifies here, with digests by %s', async (hash) => {
    const other = createOther(hash)
    const token = await other.issue(CLAIMS, { _sd: ['region', 'sandbox'], _sd_decoy: 2 } as never, {
      header: HEADER,
    })
    const { document } = await verifyCredential(await show(token, holder, [['region']]), sdJwtOptions)
    expect(document).toMatchObject({ region: 'eu', patchAgeDays: 3 })
    expect(document).not.toHaveProperty('sandbox')
    const presented = await other.present<JsonObject>(token, { sandbox: true }, { kb: KEY_BINDING })
    await expect(verifyCredential(presented, sdJwtOptions)).resolves.toMatchObject({
      document: { sandbox: 'container' },
    })
  })

  it('verifies here without anything to disclose', async () => {
    const token = await createOther().issue(CLAIMS, undefined, { header: HEADER })
    await expect(verifyCredential(await show(token, holder, []), sdJwtOptions)).resolves.toMatchObject({
      document: { region: 'eu' },
    })
  })
})

/** Claims of any shape, of names without the dots that the other implementation joins paths with. */
const claims = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>('text', 0, -1.5, true, null, ''),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  ),
}))

/** A frame that hides some of the members of each object and elements of each array. */
function frameOf(value: unknown, choose: () => boolean): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const array = Array.isArray(value)
  const keys = array ? [...value.keys()] : Object.keys(value)
  const frame: Record<string, unknown> = { _sd: keys.filter(choose) }
  for (const key of keys) {
    const inner = frameOf((value as Record<string, unknown>)[key], choose)
    if (inner !== undefined) frame[key] = inner
  }
  return frame
}

describe('random credentials', () => {
  it('are put together here as there, whichever disclosures are shown', async () => {
    const random = fc.dictionary(fc.constantFrom('x', 'y', 'z'), claims.value, { minKeys: 1 })
    await fc.assert(
      fc.asyncProperty(random, fc.infiniteStream(fc.boolean()), async (about, coins) => {
        const choose = (): boolean => coins.next().value
        const other = createOther()
        const frame = { ...frameOf(about, choose) } as never
        const token = await other.issue({ ...CLAIMS, ...about }, frame, { header: HEADER })
        const [jwt = '', ...disclosures] = token.slice(0, -1).split('~')
        for (const shown of [disclosures, disclosures.filter(choose)]) {
          const part = `${[jwt, ...shown].join('~')}~`
          const here = await verifySdJwt(part, { issuerJwk: issuer.signer.publicJwk, now: NOW }).catch(
            (error: unknown) => error,
          )
          // A disclosure without the one that it is in is dropped there, and refused here.
          if (here instanceof ComityError) {
            expect(here.code).toBe('COMITY_SD_JWT_DIGEST')
            expect(shown).not.toEqual(disclosures)
            continue
          }
          const { payload } = here as { payload: JsonObject }
          const there = await other.getClaims(part)
          expect(JSON.parse(JSON.stringify(payload))).toEqual(JSON.parse(JSON.stringify(there)))
        }
      }),
      { numRuns: 150 },
    )
  })

  it('show what is asked for, and no more than it takes', async () => {
    const random = fc.dictionary(fc.constantFrom('x', 'y', 'z'), claims.value, { minKeys: 1 })
    await fc.assert(
      fc.asyncProperty(random, fc.infiniteStream(fc.boolean()), fc.nat(), async (about, coins, pick) => {
        const other = createOther()
        const frame = { ...frameOf(about, () => coins.next().value) } as never
        const token = await other.issue({ ...CLAIMS, ...about }, frame, { header: HEADER })
        const paths = pathsOf(about)
        const path = paths[pick % paths.length] ?? ['x']
        const occasion = { holder, nonce: NONCE, audience: VERIFIER, now: NOW }
        const presented = await presentSdJwtCredential(token, { ...occasion, disclose: [path] })
        const { disclosures } = parseSdJwtCredential(presented)
        // Leaving out any of them loses the claim, or leaves one that belongs nowhere.
        expect(valueAt(parseSdJwtCredential(presented).document, path)).toBe(true)
        for (const index of disclosures.keys()) {
          const fewer = disclosures.toSpliced(index, 1).map(({ text }) => text)
          const rest = `${[token.split('~')[0], ...fewer].join('~')}~`
          expect(tryShown(rest, path)).toBe(false)
        }
      }),
      { numRuns: 150 },
    )
  })
})

/** Every path in a value, of names alone: what is left out of an array shifts the rest. */
function pathsOf(value: unknown): ClaimsPath[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => [
    [name],
    ...pathsOf(inner).map((path) => [name, ...path]),
  ])
}

function valueAt(value: unknown, path: ClaimsPath): boolean {
  let at: unknown = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, String(step))) return false
    at = (at as Record<string, unknown>)[String(step)]
  }
  return true
}

function tryShown(token: string, path: ClaimsPath): boolean {
  try {
    return valueAt(parseSdJwtCredential(token).document, path)
  } catch (error) {
    if (error instanceof ComityError) return false
    throw error
  }
}
