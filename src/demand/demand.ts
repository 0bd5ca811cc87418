/** The formats in which evidence can be asked for. */
export const DEMAND_FORMATS = ['vc+jwt', 'dc+sd-jwt', 'comity-zk'] as const

/** `vc+jwt` (VCDM 2.0 as a JWT), `dc+sd-jwt` (SD-JWT VC) or `comity-zk` (a compliance proof). */
export type DemandFormat = (typeof DEMAND_FORMATS)[number]

/** The bounds of a demand; the schema and the parser take them from here. */
export const DEMAND_LIMITS = {
  /** Credential queries. */
  queries: 32,
  /** Credential sets, options of a set, ids in an option. */
  sets: 32,
  /** Predicates of a query: as many as the circuit has. */
  predicates: 16,
  /** Claims of a query. */
  claims: 32,
  /** Claim sets of a query. */
  claimSets: 16,
  /** Elements of a claims path. */
  path: 16,
  /** The highest index in a claims path. */
  index: 65_535,
  /** Values of a predicate or of a claim. */
  values: 64,
  /** Alternatives in `type_values` or `vct_values`, and types in one alternative. */
  types: 16,
  /** Trust domains, and SPIFFE paths. */
  spiffe: 32,
  /** Characters (code points) of an id. */
  id: 64,
  /** Characters of any other text. */
  text: 512,
  /** Seconds of a bound that is relative to now or to an epoch, in either direction: about 31 years. */
  relativeSeconds: 1_000_000_000,
  /** Seconds of `posture.maxAge`: 366 days. */
  maxAge: 31_622_400,
} as const

/**
 * One step of a claims path: a member's name, an element's index, or null for all elements.
 *
 * @see {@link https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-7 OpenID4VP 1.0 §7}
 */
export type PathElement = string | number | null

/** Where in a credential a claim is, from the root of the whole credential (so usually under `credentialSubject`). */
export type ClaimsPath = readonly PathElement[]

/** What a claim can be compared with: text, a safe integer, or a boolean; never across types. */
export type ClaimValue = string | number | boolean

/**
 * A bound of a range: an integer, or seconds relative to the time of the decision (`now`) or to the start of the
 * query's epoch (`epoch`, in `comity-zk` queries alone and there the only relative one).
 */
export type RangeBound =
  | number
  | {
      /** Seconds from the time of the decision; negative before it. */
      readonly now: number
    }
  | {
      /** Seconds from the start of the epoch; negative before it. */
      readonly epoch: number
    }

/** Holds if some value at the path equals `value`. */
export interface EqPredicate {
  /** Where the claim is. */
  readonly path: ClaimsPath
  /** Names this kind. */
  readonly op: 'eq'
  /** The value to be there. */
  readonly value: ClaimValue
}

/** Holds if some integer or date-time at the path is from `min` to `max`, both included; one of them may be left out. */
export interface RangePredicate {
  /** Where the claim is. */
  readonly path: ClaimsPath
  /** Names this kind. */
  readonly op: 'range'
  /** The lowest value. */
  readonly min?: RangeBound
  /** The highest value. */
  readonly max?: RangeBound
}

/** Holds if no value at the path equals `value`; so it holds too where the claim is absent. */
export interface NonePredicate {
  /** Where the claim is. */
  readonly path: ClaimsPath
  /** Names this kind. */
  readonly op: 'none'
  /** The value not to be there. */
  readonly value: ClaimValue
}

/** Holds if some value at the path equals one of `values`. */
export interface InPredicate {
  /** Where the claim is. */
  readonly path: ClaimsPath
  /** Names this kind. */
  readonly op: 'in'
  /** The values of which one is to be there. */
  readonly values: readonly ClaimValue[]
}

/**
 * What must hold for the claims of a credential; all predicates of a query must.
 *
 * A path reaches all values that its steps lead to, and a path that ends at an array reaches its elements. Objects,
 * null and numbers that are not safe integers are no values. A text that is an RFC 3339 date-time counts everywhere
 * as the integer of its whole seconds since the epoch.
 */
export type Predicate = EqPredicate | RangePredicate | NonePredicate | InPredicate

/**
 * A claim to be disclosed, with hints of its value.
 *
 * @see {@link https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-6.3 OpenID4VP 1.0 §6.3}
 */
export interface ClaimQuery {
  /** Names the claim for `claim_sets`. */
  readonly id?: string
  /** Where the claim is; it must select something. */
  readonly path: ClaimsPath
  /** One of these must be selected. What security rests on belongs into `predicates`. */
  readonly values?: readonly ClaimValue[]
}

/** What the queries of all formats have in common. */
export interface CredentialQueryBase {
  /** Names the query, for `credential_sets` and for the evidence that answers it: letters, digits, `_` and `-`. */
  readonly id: string
  /** DCQL's member with the only value that is supported here: one credential answers one query. */
  readonly multiple?: false
  /** DCQL's member with the only value that is supported here: no bearer credential is ever enough. */
  readonly require_cryptographic_holder_binding?: true
  /** The claims that must be disclosed; all of them where there are no `claim_sets`. */
  readonly claims?: readonly ClaimQuery[]
  /** Alternatives of claims (by their ids): one of them must be disclosed in full. */
  readonly claim_sets?: readonly (readonly string[])[]
  /** What must hold for the claims. */
  readonly predicates?: readonly Predicate[]
}

/** Asks for a credential as `vc+jwt`. */
export interface VcJwtQuery extends CredentialQueryBase {
  /** Names the format. */
  readonly format: 'vc+jwt'
  /** `type_values`: alternatives; the credential must have all types of one of them. */
  readonly meta: { readonly type_values: readonly (readonly string[])[] }
}

/** Asks for a credential as `dc+sd-jwt`. */
export interface SdJwtQuery extends CredentialQueryBase {
  /** Names the format. */
  readonly format: 'dc+sd-jwt'
  /** `vct_values`: the credential's `vct` must be one of them. */
  readonly meta: { readonly vct_values: readonly string[] }
}

/** Asks for a compliance proof. Its predicates have no indices in their paths and no negative integers. */
export interface ZkQuery extends CredentialQueryBase {
  /** Names the format. */
  readonly format: 'comity-zk'
  /** About which credential, against which issuers, as of when. */
  readonly meta: {
    /** Alternatives; the credential must have all types of one of them. */
    readonly type_values: readonly (readonly string[])[]
    /** The digest of the signed list of accepted issuers, as a URN. */
    readonly anchors: string
    /** The start of the epoch, in seconds since the Unix epoch: what `{epoch: n}` counts from. */
    readonly epoch: number
    /** The key (a DID URL) of the auditor who can open the proof; without it nobody can. */
    readonly auditor?: string
    /**
     * Asks for a pseudonym that is the same in all proofs of one holder for this DID, which must be the verifier's own.
     * Without it two proofs of one holder have nothing in common.
     */
    readonly domain?: string
  }
}

/** Asks for one credential. */
export type CredentialQuery = VcJwtQuery | SdJwtQuery | ZkQuery

/**
 * Alternatives of credentials.
 *
 * @see {@link https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-6.2 OpenID4VP 1.0 §6.2}
 */
export interface CredentialSet {
  /** Each option is a list of query ids that answer the set together; the first one is preferred. */
  readonly options: readonly (readonly string[])[]
  /** Whether one option must be answered. Defaults to true. */
  readonly required?: boolean
}

/** Asks for a workload identity. */
export interface SpiffeDemand {
  /** The trust domains of which one must be the peer's. */
  readonly trustDomains: readonly string[]
  /** Paths of which one must be the peer's; in each, `*` stands for exactly one segment. Any path without it. */
  readonly paths?: readonly string[]
  /** Whether an SVID must be shown (the default), or only must fit if one is. */
  readonly svid?: 'required' | 'if-present'
}

/**
 * What one side asks of the other: the shape of DCQL, and Comity's extension members. Only {@link parseDemand} should
 * make one from data: it checks what the types cannot say.
 *
 * @see {@link https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-6 OpenID4VP 1.0 §6}
 */
export interface Demand {
  /**
   * True exactly where nothing at all is required, so that nobody asks for nothing by mistake: a demand that anyone
   * meets has to say so, and one that says so must not require anything.
   */
  readonly anyone?: true
  /** The credentials asked for: all of them where there are no `credential_sets`. */
  readonly credentials?: readonly CredentialQuery[]
  /** Alternatives. Every query must be in one of them. */
  readonly credential_sets?: readonly CredentialSet[]
  /** Asks for an `AgentPostureCredential` assessed at most `maxAge` seconds ago; older ones answer no query either. */
  readonly posture?: { readonly maxAge: number }
  /** Asks for a workload identity. */
  readonly spiffe?: SpiffeDemand
  /** Whether the evidence must be bound to the TLS connection. Defaults to `if-present`. */
  readonly channel?: { readonly binding: 'required' | 'if-present' | 'off' }
}
