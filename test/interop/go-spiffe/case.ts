/** What both judges are asked: is this SVID good? */
export interface Case {
  readonly id: string
  readonly kind: 'jwt' | 'x509'
  /** What was done to it, by name. What makes it bad is among them, and what should not matter as well. */
  readonly features: readonly string[]
  /** SPIFFE bundle documents by trust domain. */
  readonly bundles: Readonly<Record<string, string>>
  /** A JWT-SVID, and whom it must be for. */
  readonly token?: string
  readonly audience?: readonly string[]
  /** A chain, DER in base64, and when to judge it: seconds since the Unix epoch. */
  readonly chain?: readonly string[]
  readonly now?: number
}
