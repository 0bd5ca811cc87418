/** What the circuit takes, by the names of its signals. All of it is private; each number is below the field's order. */
export interface CircuitInput {
  /** The root over the accepted issuers. */
  readonly anchors: bigint
  /** The start of the epoch, in seconds. */
  readonly now: bigint
  /** What the proof is bound to: key, audience, demand, query, epoch. */
  readonly challenge: bigint
  /** What the pseudonym is for; 0 for none. */
  readonly domain: bigint
  /** 1 where an auditor is named, else 0. */
  readonly escrowEnabled: bigint
  /** The auditor's key, x and y; (0, 1) for none. */
  readonly auditor: readonly bigint[]
  /** The randomness of the escrow; 0 for none. */
  readonly escrowNonce: bigint
  /** The key of each of the 32 slots. */
  readonly keys: readonly bigint[]
  /** The value of each slot. */
  readonly values: readonly bigint[]
  /** The credential's type. */
  readonly type: bigint
  /** The start of its validity, in seconds. */
  readonly iat: bigint
  /** The end of its validity, in seconds. */
  readonly exp: bigint
  /** Its place in the issuer's status list. */
  readonly statusIndex: bigint
  /** The holder's secret. */
  readonly secret: bigint
  /** The issuer's key, x and y. */
  readonly issuerKey: readonly bigint[]
  /** The point R8 of the issuer's signature, x and y. */
  readonly signatureR8: readonly bigint[]
  /** The number S of the issuer's signature. */
  readonly signatureS: bigint
  /** The issuer's place among the accepted ones. */
  readonly issuerIndex: bigint
  /** The siblings on the way from the issuer's leaf to `anchors`, lowest first. */
  readonly issuerSiblings: readonly bigint[]
  /** The 128 status bits around the credential's. */
  readonly statusLeaf: bigint
  /** The siblings on the way from that leaf to the root of the status list, lowest first. */
  readonly statusSiblings: readonly bigint[]
  /** The key of each of the 16 predicates. */
  readonly predicateKey: readonly bigint[]
  /** 0 true, 1 eq, 2 range, 3 none. */
  readonly predicateOp: readonly bigint[]
  /** The value of an `eq` or `none`, the lower bound of a `range`. */
  readonly predicateLo: readonly bigint[]
  /** The upper bound of a `range`. */
  readonly predicateHi: readonly bigint[]
  /** 1 where a predicate is in the clause of the one before it. */
  readonly predicateJoined: readonly bigint[]
  /** 1 for each predicate of which the prover says that it holds. */
  readonly claimed: readonly bigint[]
  /** For each claimed `eq` or `range`, a 1 at the slot that makes it hold. */
  readonly selected: readonly (readonly bigint[])[]
}
