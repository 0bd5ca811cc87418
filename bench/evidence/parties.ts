import { importJWK, type CryptoKey } from 'jose'
import type { VerifyCredentialOptions } from 'comity/credentials'
import { createDidResolver, didKeyFromJwk, type DidResolver } from 'comity/did'
import { generateSigner, type PublicJwk, type SignatureAlgorithm, type Signer } from 'comity/keys'
import type { GuardedFetch } from 'comity/net'

/** What is attested. */
export const POSTURE = {
  assessedAt: `${new Date(Date.now() - 600_000).toISOString().slice(0, 19)}Z`,
  attestation: { method: 'none' },
  patchAgeDays: 3,
  openCriticalVulnerabilities: 0,
  sandbox: 'container',
  egressControl: 'allow-list',
  region: 'eu',
  evaluations: [{ name: 'prompt-injection', passed: true, date: '2026-11-01' }],
} as const

/** Somebody with a `did:key`, whose document needs no fetch. */
export interface KeyHolder {
  readonly did: string
  readonly signer: Signer
}

/** Makes a holder of a key. */
export async function createKeyHolder(alg: SignatureAlgorithm): Promise<KeyHolder> {
  const signer = await generateSigner({ alg })
  const did = didKeyFromJwk(signer.publicJwk)
  return { did, signer: { ...signer, kid: `${did}#${did.slice('did:key:'.length)}` } }
}

/** A resolver that never goes out. */
export function offlineResolver(): DidResolver {
  const refuse = (): Promise<never> => Promise.reject(new Error('nothing is fetched here'))
  const fetch: GuardedFetch = Object.assign(refuse, { stream: refuse, close: () => undefined })
  return createDidResolver({ fetch, cacheSeconds: 300 })
}

/** What is expected of a credential: all checks are made, and no signature is remembered. */
export function expecting(holder: string, resolver: DidResolver): VerifyCredentialOptions {
  return {
    holder,
    resolver,
    trust: { judge: () => Promise.resolve({ accepted: true, reason: 'benchmark' }) },
    status: { check: () => Promise.resolve() },
  }
}

/** The key as jose wants it. */
export async function joseKey({ kty, crv, x, y }: PublicJwk, alg: string): Promise<CryptoKey> {
  const key = await importJWK({ kty, crv, x, ...(y === undefined ? {} : { y }) }, alg)
  if (key instanceof Uint8Array) throw new TypeError('a public key is no secret')
  return key
}
