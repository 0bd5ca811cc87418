/** Who a server must be, said by its certificates instead of by a host name and the web's roots. */
export interface PeerCheck {
  /** Certificates in PEM of which one must have signed, directly or not. They need not be roots. None means nobody. */
  readonly authorities: readonly string[]
  /**
   * Judges the server, before a byte of the request is written. It throws to refuse.
   *
   * @param chain - Certificates in DER, at least one, at most 10: what the server sent, its own first, and perhaps one
   *   of the authorities at the end.
   */
  check(chain: readonly Uint8Array[]): void
}

/** A certificate with its issuer, as Node describes what a peer sent. */
export interface SentCertificate {
  /** DER; missing where there was none. */
  readonly raw?: Uint8Array
  /** The issuer's certificate; itself, where it is self-signed. */
  readonly issuerCertificate?: SentCertificate
}

const MAX_CHAIN = 10

/** Lists what a peer sent, its own certificate first: what Node's `getPeerCertificate(true)` has as nested objects. */
export function peerChain(peer: SentCertificate): readonly Uint8Array[] {
  const chain: Uint8Array[] = []
  const seen = new Set<SentCertificate>()
  let next: SentCertificate | undefined = peer
  while (next?.raw !== undefined && !seen.has(next) && chain.length < MAX_CHAIN) {
    seen.add(next)
    chain.push(next.raw)
    next = next.issuerCertificate
  }
  return chain
}
