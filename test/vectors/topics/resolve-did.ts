import { createDidResolver, type DidDocument } from '../../../src/did/index.ts'
import { NetworkError } from '../../../src/errors/index.ts'
import type { PublicJwk } from '../../../src/keys/index.ts'
import type { GuardedFetch } from '../../../src/net/index.ts'

/** Resolves a DID whose method needs no network. */
export async function resolveOffline(did: string): Promise<DidDocument> {
  const fetch = async (): Promise<never> => {
    throw new NetworkError('COMITY_NET_UNREACHABLE', 'there is no network here')
  }
  return createDidResolver({ fetch: fetch as unknown as GuardedFetch }).resolveDocument(did)
}

const RELATIONSHIPS = [
  'authentication',
  'assertionMethod',
  'keyAgreement',
  'capabilityInvocation',
  'capabilityDelegation',
] as const

/** Which relationships have keys, as far as a case says it. */
export function wrongRelationship(document: DidDocument, expected: unknown): string | undefined {
  const wanted = (expected ?? {}) as Readonly<Record<string, unknown>>
  return RELATIONSHIPS.filter((name) => typeof wanted[name] === 'boolean')
    .filter((name) => document[name].length > 0 !== wanted[name])
    .map((name) => `${name} ${wanted[name] === true ? 'has no key' : 'has a key'}`)[0]
}

/** The members of a key that say which key it is. */
export function keyMaterial(jwk: Partial<PublicJwk> | undefined): Readonly<Record<string, unknown>> {
  const { kty, crv, x, y } = jwk ?? {}
  return { kty, crv, x, y }
}

/** Whether a key's curve is one that Comity has. */
export function isOurCurve(crv: unknown): boolean {
  return crv === 'Ed25519' || crv === 'X25519' || crv === 'P-256' || crv === 'P-384'
}
