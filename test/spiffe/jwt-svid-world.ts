import { SignJWT, exportJWK, generateKeyPair, type CryptoKey } from 'jose'
import { expect } from 'vitest'
import { encodeBase64url, encodeUtf8, parseJsonObject } from '../../src/encoding/index.ts'
import {
  createBundleSet,
  createTrustBundle,
  parseTrustDomain,
  readAuthorityKey,
  verifyJwtSvid,
  type BundleSource,
  type TrustBundleParts,
  type VerifiedJwtSvid,
  type VerifyJwtSvidOptions,
} from '../../src/spiffe/index.ts'
import { NOW } from './forge.ts'

/** Whose tokens they are. */
export const acme = parseTrustDomain('acme.example')

/** Of a good token. */
export const CLAIMS = { sub: 'spiffe://acme.example/ledger', aud: ['globex'], exp: NOW + 60 }

/** A pair of keys. */
export interface Keys {
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
}

const pairs = new Map<string, Keys>()

/** A pair of keys for an algorithm, made once. */
export async function keysFor(alg: string): Promise<Keys> {
  const known = pairs.get(alg) ?? (await generateKeyPair(alg, { extractable: true }))
  pairs.set(alg, known)
  return known
}

/** The authority of a key. */
export async function authority(kid: string, { publicKey }: Keys) {
  const key = readAuthorityKey(parseJsonObject(JSON.stringify(await exportJWK(publicKey))))
  return { kid, ...key! }
}

/** A bundle that has the key `k`, or other parts. */
export async function bundle(parts: Partial<TrustBundleParts> = {}): Promise<BundleSource> {
  const jwtAuthorities = [await authority('k', await keysFor('ES256'))]
  return createBundleSet([createTrustBundle({ trustDomain: acme, jwtAuthorities, ...parts })])
}

const bundles = await bundle()

/** A token with other header parameters and claims than it should have; undefined ones are left out. */
export async function sign(
  claims: object = {},
  header: object = {},
  alg = 'ES256',
  keys?: Keys,
): Promise<string> {
  const { privateKey } = keys ?? (await keysFor(alg))
  return new SignJWT({ ...CLAIMS, ...claims })
    .setProtectedHeader({ alg, kid: 'k', ...header })
    .sign(privateKey)
}

/** Verifies a token as the service `globex`, with the key `k`. */
export function verify(token: string, options: Partial<VerifyJwtSvidOptions> = {}): Promise<VerifiedJwtSvid> {
  return verifyJwtSvid(token, { bundles, audience: 'globex', now: NOW, ...options })
}

/** A token whose parts are just so; its signature is of no use. */
export function raw(header: object | string, payload: object | string = CLAIMS): string {
  const encode = (part: object | string): string =>
    encodeBase64url(encodeUtf8(typeof part === 'string' ? part : JSON.stringify(part)))
  return `${encode(header)}.${encode(payload)}.AAAA`
}

/** An error of this code. */
export const fails = (code: string): unknown => expect.objectContaining({ code })
