import { isDid } from '../did/index.ts'
import { ComityError, PolicyError } from '../errors/index.ts'
import { parseTrustDomain, type TrustDomain } from '../spiffe/index.ts'
import {
  createAttestationFinder,
  type Attestation,
  type AttestationQuestion,
  type AttestationTools,
} from './attestation.ts'
import { nameFault } from './domain-name.ts'
import { notBelieved } from './not-believed.ts'

/** A DID that local configuration believes to speak for a trust domain. */
export interface PinnedTrustDomain {
  /** The DID, compared as an exact text. */
  readonly did: string
  /** The name of the trust domain, which is then nobody else's. */
  readonly trustDomain: string
}

/** Why a claim is believed: local configuration, the name of the DID's host, or a credential. */
export type Belief =
  | { readonly because: 'pinned' }
  | { readonly because: 'domain-name' }
  | ({ readonly because: 'attested' } & Attestation)

/** What claims are judged with. */
export interface BeliefTools extends AttestationTools {
  readonly pinned: readonly PinnedTrustDomain[]
  readonly reserved: readonly string[]
}

/** Judges claims, and says which trust domains are not to be had. */
export interface BeliefRule {
  /**
   * Judges a claim, in this order: local configuration, the name of the DID's host, credentials.
   *
   * @throws {TrustError} `COMITY_TRUST_DOMAIN_NOT_BELIEVED`; `details.reason` says why.
   * @throws {PolicyError} `COMITY_TRUST_DOMAIN_TAKEN` when the trust domain is reserved here, or pinned to another DID.
   */
  judge(question: AttestationQuestion): Promise<Belief>
  /** Whether a DID may hold a trust domain, as far as local configuration goes. */
  admits(organization: string, trustDomain: TrustDomain): boolean
  /** Whether a trust domain is reserved: nothing here may touch what others have made of it. */
  isReserved(trustDomain: TrustDomain): boolean
}

/**
 * Makes the rule by which the claim of a trust domain is believed.
 *
 * @throws {TypeError} A pinned pair or a reserved name is malformed.
 */
export function createBeliefRule(tools: BeliefTools): BeliefRule {
  const pins = readPins(tools.pinned)
  const reserved = new Set(tools.reserved.map((name) => readName(name, 'options.reserved')))
  const findAttestation = createAttestationFinder(tools)

  function admits(organization: string, { name }: TrustDomain): boolean {
    const holders = pins.get(name)
    return !reserved.has(name) && (holders === undefined || holders.has(organization))
  }
  return {
    admits,
    isReserved: ({ name }) => reserved.has(name),
    async judge(question) {
      const { organization, claim } = question
      const { trustDomain } = claim
      const isPinned = pins.get(trustDomain.name)?.has(organization) === true
      const fault = isPinned ? undefined : nameFault(organization, trustDomain.name)
      const attestation = fault === undefined ? undefined : await findAttestation(question)
      if (fault !== undefined && attestation === undefined)
        throw notBelieved(fault, { trustDomain: trustDomain.name })
      // After belief: whoever is not believed is not told whose it is.
      if (!admits(organization, trustDomain)) throw taken(trustDomain, 'configuration')
      if (attestation !== undefined) return { because: 'attested', ...attestation }
      return { because: isPinned ? 'pinned' : 'domain-name' }
    },
  }
}

/** The refusal of a claim of what is somebody else's here. */
export function taken({ name }: TrustDomain, by: 'configuration' | 'another-did'): PolicyError {
  return new PolicyError('COMITY_TRUST_DOMAIN_TAKEN', 'the trust domain is held by somebody else here', {
    spec: 'Comity federation §3',
    details: { trustDomain: name, by },
  })
}

function readPins(pinned: unknown): ReadonlyMap<string, ReadonlySet<string>> {
  if (!Array.isArray(pinned)) throw new TypeError('options.pinned must be a list')
  const pins = new Map<string, Set<string>>()
  for (const entry of pinned as readonly Partial<PinnedTrustDomain>[]) {
    const { did, trustDomain } = entry
    if (!isDid(did)) throw new TypeError('options.pinned must have DIDs')
    const name = readName(trustDomain, 'options.pinned')
    pins.set(name, (pins.get(name) ?? new Set()).add(did))
  }
  return pins
}

function readName(name: unknown, option: string): string {
  try {
    if (typeof name === 'string' && !name.includes(':')) return parseTrustDomain(name).name
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw new TypeError(`${option} must have names of trust domains`, { cause })
  }
  throw new TypeError(`${option} must have names of trust domains`)
}
