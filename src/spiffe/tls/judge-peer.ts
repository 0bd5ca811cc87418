import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from 'node:tls'
import { VerificationError } from '../../errors/index.ts'
import { peerChain } from '../../net/index.ts'
import { systemClock, type Clock } from '../../runtime/index.ts'
import type { Authorizer } from '../authorizer.ts'
import type { BundleSource } from '../bundle-source.ts'
import type { SignatureQuestion } from '../certificate-path.ts'
import type { Certificate } from '../certificate.ts'
import type { SpiffeId } from '../spiffe-id.ts'
import { verifyX509SvidNow, type VerifiedX509Svid } from '../x509-svid.ts'

/** Who may be at the other end of a connection. */
export interface PeerRules {
  /**
   * The bundles that are trusted. Where `authorize` has no `trustDomains`, the source must have `bundles()`: TLS is
   * shown the authorities of all of them.
   */
  readonly bundles: BundleSource
  /** Decides about a peer whose SVID verifies. There is no default: `authorizeAny()` has to be spelled out. */
  readonly authorize: Authorizer
  /** Defaults to the system's. */
  readonly clock?: Clock
}

/**
 * Checks the rules, before anybody connects.
 *
 * @throws {TypeError} When one is missing, or it cannot be told which bundles count.
 */
export function checkPeerRules({ bundles, authorize }: PeerRules): void {
  if (typeof authorize !== 'function') throw new TypeError('options.authorize must say who may connect')
  if (typeof bundles.getBundle !== 'function')
    throw new TypeError('options.bundles must be a source of bundles')
  if (authorize.trustDomains === undefined && bundles.bundles === undefined) {
    throw new TypeError('options.bundles must list its bundles, or options.authorize name its trust domains')
  }
}

/** The authorities of all trust domains that a peer may be of: what OpenSSL is told to trust. */
export function authoritiesFor({ bundles, authorize }: PeerRules): readonly Certificate[] {
  const found = authorize.trustDomains?.map((each) => bundles.getBundle(each)) ?? bundles.bundles?.() ?? []
  return found.flatMap((bundle) => bundle?.x509Authorities ?? [])
}

/**
 * Judges a peer by what it sent: the whole of an X.509-SVID's validation, and then whether it may.
 *
 * OpenSSL has seen a union of authorities by then. Only here are the trust domains kept apart.
 *
 * @param peer - As `getPeerCertificate(true)` gives it.
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED` when it sent none, and as `verifyX509Svid`.
 * @throws {TrustError} As `verifyX509Svid`.
 * @throws {PolicyError} As the authorizer.
 */
export function judgePeer(peer: PeerCertificate, rules: PeerRules): VerifiedX509Svid {
  return judgeChain(peerChain(peer), rules)
}

/** As {@link judgePeer}, for a chain in DER. */
export function judgeChain(
  chain: readonly Uint8Array[],
  { bundles, authorize, clock = systemClock }: PeerRules,
): VerifiedX509Svid {
  if (chain.length === 0) {
    throw new VerificationError('COMITY_CERTIFICATE_MALFORMED', 'the peer showed no certificate')
  }
  const svid = verifyX509SvidNow(chain, { bundles, now: clock.now() }, isSignedNow)
  const ask: (id: SpiffeId) => unknown = authorize
  const answer = ask(svid.id)
  // One that says no by returning false, or a promise, would let everybody pass.
  if (answer !== undefined) throw new TypeError('options.authorize must throw to refuse, and return nothing')
  return svid
}

const parsed = new WeakMap<Certificate, X509Certificate>()

function nodeCertificate(certificate: Certificate): X509Certificate {
  const known = parsed.get(certificate) ?? new X509Certificate(certificate.der)
  parsed.set(certificate, known)
  return known
}

function isSignedNow({ certificate, issuer }: SignatureQuestion): boolean {
  try {
    return nodeCertificate(certificate).verify(nodeCertificate(issuer).publicKey)
  } catch {
    // A key that OpenSSL cannot read has signed nothing.
    return false
  }
}
