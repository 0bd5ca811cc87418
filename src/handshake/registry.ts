import { PolicyError, VerificationError } from '../errors/index.ts'
import { x25519, type Suite } from './suite.ts'

/** What one side speaks: the signed `supported` of its messages. */
export interface Supported {
  /** Versions, highest first. */
  readonly versions: readonly string[]
  /** Names of suites, in registry order. */
  readonly suites: readonly string[]
}

/** The versions and suites that this side is configured for, both in order of preference. */
export interface HandshakeRegistry {
  /** Versions, highest first. */
  readonly versions: readonly string[]
  /** Suites, the strongest first. A suite that falls is removed, not put last. */
  readonly suites: readonly Suite[]
}

/** The version on the wire until the specification is final. */
export const HANDSHAKE_VERSION = 'comity/1-draft'

/** The versions and suites that this release speaks. */
export const defaultRegistry: HandshakeRegistry = Object.freeze({
  versions: Object.freeze([HANDSHAKE_VERSION]),
  suites: Object.freeze([x25519]),
})

/** The whole configured lists, as signed in every message, retried or not. */
export function supportedBy(registry: HandshakeRegistry): Supported {
  return { versions: registry.versions, suites: registry.suites.map((suite) => suite.name) }
}

/** The version and suite of one run. */
export interface Choice {
  /** The highest version that both sides speak. */
  readonly version: string
  /** The first suite in registry order that both sides speak. */
  readonly suite: Suite
}

/**
 * Chooses the highest version in both lists, then the first suite in registry order that is in both.
 *
 * @throws {PolicyError} `COMITY_HANDSHAKE_VERSION` or `COMITY_HANDSHAKE_SUITE` when nothing is shared.
 */
export function choose(registry: HandshakeRegistry, peer: Supported): Choice {
  const version = registry.versions.find((name) => peer.versions.includes(name))
  if (version === undefined) {
    throw new PolicyError('COMITY_HANDSHAKE_VERSION', 'no version is spoken by both sides')
  }
  const suite = registry.suites.find(({ name }) => peer.suites.includes(name))
  if (suite === undefined) throw new PolicyError('COMITY_HANDSHAKE_SUITE', 'no suite is spoken by both sides')
  return { version, suite }
}

/**
 * Check 1: what was negotiated in clear is the best that the peer's *signed* lists allow.
 *
 * @throws {VerificationError} `COMITY_HANDSHAKE_DOWNGRADE` when something better was possible.
 */
export function assertNoDowngrade(
  registry: HandshakeRegistry,
  peer: Supported,
  negotiated: { readonly version: string; readonly suite: string },
): void {
  const best = bestOf(registry, peer)
  if (best?.version !== negotiated.version || best.suite.name !== negotiated.suite) {
    throw new VerificationError('COMITY_HANDSHAKE_DOWNGRADE', 'the signed lists allow a better choice', {
      spec: 'comity handshake, check 1',
    })
  }
}

function bestOf(registry: HandshakeRegistry, peer: Supported): Choice | undefined {
  try {
    return choose(registry, peer)
  } catch (error) {
    if (error instanceof PolicyError) return undefined
    throw error
  }
}
