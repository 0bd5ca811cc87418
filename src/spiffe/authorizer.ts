import { PolicyError } from '../errors/index.ts'
import { isMemberOf, type SpiffeId, type TrustDomain } from './spiffe-id.ts'

/**
 * Decides whether a verified peer may go on. It throws where not.
 *
 * @throws {PolicyError} `COMITY_SPIFFE_ID_NOT_AUTHORIZED`.
 */
export interface Authorizer {
  /** Throws where the ID may not pass. */
  (id: SpiffeId): void
  /** The trust domains that all who may pass are of, where that is known beforehand: no other bundle is needed. */
  readonly trustDomains?: readonly TrustDomain[]
}

/** Lets this one ID pass. */
export function authorizeId(expected: SpiffeId): Authorizer {
  return authorizeOneOf([expected])
}

/** Lets these IDs pass. None of them lets nobody pass. */
export function authorizeOneOf(expected: readonly SpiffeId[]): Authorizer {
  const uris = new Set(expected.map(({ uri }) => uri))
  return knowing(
    expected.map(({ trustDomain }) => trustDomain),
    (id) => check(uris.has(id.uri), id),
  )
}

/** Lets every ID of a trust domain pass. */
export function authorizeMemberOf(trustDomain: TrustDomain): Authorizer {
  return knowing([trustDomain], (id) => check(isMemberOf(id, trustDomain), id))
}

/** Lets everybody pass whose trust domain has a bundle here. It has to be spelled out: there is no default. */
export function authorizeAny(): Authorizer {
  return () => undefined
}

/** Lets those pass of whom a function says so. */
export function authorizeIf(isAuthorized: (id: SpiffeId) => boolean): Authorizer {
  return (id) => check(isAuthorized(id), id)
}

function knowing(trustDomains: readonly TrustDomain[], authorize: (id: SpiffeId) => void): Authorizer {
  const unique = new Map(trustDomains.map((each) => [each.name, each]))
  return Object.assign(authorize, { trustDomains: Object.freeze([...unique.values()]) })
}

function check(isAuthorized: boolean, { trustDomain }: SpiffeId): void {
  if (isAuthorized) return
  throw new PolicyError('COMITY_SPIFFE_ID_NOT_AUTHORIZED', 'the peer has another SPIFFE ID than may be', {
    details: { trustDomain: trustDomain.name },
  })
}
