/**
 * The claims of each credential type as TypeScript sees them, without the subject's `id`. A test holds them against
 * the JSON Schemas.
 */

/** What an agent may be asked to do, as RFC 9396 §2 writes it. Other members are the business of the type. */
export interface CapabilityDetail {
  /** Which kind of authority this is; it says what the other members mean. */
  readonly type: string
  /** What may be done, 1 to 64. */
  readonly actions?: readonly string[]
  /** Where, as URIs, 1 to 64. */
  readonly locations?: readonly string[]
  /** On which kinds of data, 1 to 64. */
  readonly datatypes?: readonly string[]
  /** On which one resource. */
  readonly identifier?: string
  /** With which level of privilege, 1 to 64. */
  readonly privileges?: readonly string[]
}

/** Claims of an `AgentCapabilityCredential`. */
export interface AgentCapabilityClaims {
  /** 1 to 32 details; the agent may be asked for what lies within one of them. */
  readonly authorizationDetails: readonly CapabilityDetail[]
}

/** Claims of an `AgentProvenanceCredential`. */
export interface AgentProvenanceClaims {
  /** The DID of the organization that runs the agent. */
  readonly organization: string
  /** The DID of the party that answers for what the agent does. */
  readonly accountable: string
  /** The model that decides. */
  readonly model: { readonly family: string; readonly version: string }
  /** SHA-256 of what runs: `sha256:` and 64 hexadecimal digits in lower case. */
  readonly codeDigest: string
  /** How it was built: SLSA build level 0 to 3, who built it, the URL of the attestation. */
  readonly build?: { readonly slsaLevel: number; readonly builder?: string; readonly attestation?: string }
  /** SHA-256 of the software bill of materials, written like `codeDigest`. */
  readonly sbomDigest?: string
}

/** Claims of an `AgentScopeCredential`. */
export interface AgentScopeClaims {
  /** 0 (only proposes) to 5 (acts on goals of its own making). */
  readonly autonomyLevel: number
  /** Names of all tools that it can call, at most 128. */
  readonly tools: readonly string[]
  /** Classes of data that it may handle, at most 64. */
  readonly dataClasses: readonly string[]
  /** Whether a person approves each act, watches and can stop it, or neither. */
  readonly oversight: 'in-the-loop' | 'on-the-loop' | 'out-of-the-loop'
  /** Requests in a minute, and the most that one act may be worth (currency by ISO 4217). */
  readonly limits?: {
    readonly requestsPerMinute?: number
    readonly amount?: { readonly value: number; readonly currency: string }
  }
  /** Where it may act, 1 to 256 regions in lower case, such as `eu`. */
  readonly jurisdictions: readonly string[]
}

/** Claims of an `AgentPostureCredential`. */
export interface AgentPostureClaims {
  /** When all of this was looked at, RFC 3339. */
  readonly assessedAt: string
  /** What vouches for the workload, and what it was recognized by. */
  readonly attestation: {
    readonly method: 'none' | 'spire' | 'tee' | 'tpm'
    readonly selectors?: readonly string[]
  }
  /** Days since the last patch was applied, 0 to 36500. */
  readonly patchAgeDays: number
  /** Known critical vulnerabilities that are not mended. */
  readonly openCriticalVulnerabilities: number
  /** What contains the code that the agent runs. */
  readonly sandbox: 'none' | 'process' | 'container' | 'vm' | 'wasm'
  /** Where it can connect to: anywhere, to a list, nowhere. */
  readonly egressControl: 'none' | 'allow-list' | 'deny-all'
  /** Where it runs, in lower case, such as `eu` or `eu-west-1`. */
  readonly region: string
  /** Evaluations, at most 32, each with its date (RFC 3339 full-date). */
  readonly evaluations?: readonly { readonly name: string; readonly passed: boolean; readonly date: string }[]
}

/** Claims of a `TrustDomainCredential`, about an organization. */
export interface TrustDomainClaims {
  /** The name of the SPIFFE trust domain, without `spiffe://` in front. */
  readonly trustDomain: string
  /** The https URL where its trust bundle is served. */
  readonly bundleEndpoint: string
  /** How the endpoint is authenticated. */
  readonly profile: 'https_web' | 'https_spiffe'
  /** Whom the endpoint authenticates as; required with the profile `https_spiffe`. */
  readonly endpointSpiffeId?: string
  /** A bundle to begin with and its SHA-256, as `sha256:` and hexadecimal digits; required with `https_spiffe`. */
  readonly firstBundle?: { readonly url: string; readonly digest: string }
}

/** Claims of an `OrganizationCredential`, about an organization. */
export interface OrganizationClaims {
  /** As its register has it. */
  readonly legalName: string
  /** Whose law it is established under, in lower case, such as `de`. */
  readonly jurisdiction: string
  /** Its entry in a register. */
  readonly registration?: { readonly register: string; readonly number: string }
  /** Whom to turn to when one of its agents does damage: at least one of these. */
  readonly contact: { readonly email?: string; readonly phone?: string; readonly url?: string }
  /** What it accepts liability for: kinds of damage, at most 32; the most for one event; where the terms stand. */
  readonly liability: {
    readonly accepts: readonly string[]
    readonly limit?: { readonly value: number; readonly currency: string }
    readonly terms?: string
  }
  /** For which agents it answers: these DIDs, and those under these; at least one of the two. See `answersFor`. */
  readonly agents: { readonly dids?: readonly string[]; readonly under?: readonly string[] }
}

/** The claims of each type of credential about agents. */
export interface AgentCredentialClaims {
  /** See {@link AgentCapabilityClaims}. */
  readonly AgentCapabilityCredential: AgentCapabilityClaims
  /** See {@link AgentProvenanceClaims}. */
  readonly AgentProvenanceCredential: AgentProvenanceClaims
  /** See {@link AgentScopeClaims}. */
  readonly AgentScopeCredential: AgentScopeClaims
  /** See {@link AgentPostureClaims}. */
  readonly AgentPostureCredential: AgentPostureClaims
}

/** The claims of each type that has a schema here. */
export interface CredentialClaims extends AgentCredentialClaims {
  /** See {@link TrustDomainClaims}. */
  readonly TrustDomainCredential: TrustDomainClaims
  /** See {@link OrganizationClaims}. */
  readonly OrganizationCredential: OrganizationClaims
}

/**
 * Says whether an organization answers for an agent: its DID is one of `agents.dids`, or begins with one of
 * `agents.under` and a colon. DIDs are compared as exact texts.
 *
 * Only methods whose DIDs form a tree, such as `did:web`, can be named by `under`: every `did:webvh` has an SCID of
 * its own, and a `did:key` has nothing under it.
 *
 * @param claims - The claims of an `OrganizationCredential` that was verified.
 * @param agent - The agent's DID.
 */
export function answersFor(claims: OrganizationClaims, agent: string): boolean {
  const { dids = [], under = [] } = claims.agents
  return (
    dids.includes(agent) || under.some((did) => agent.length > did.length + 1 && agent.startsWith(`${did}:`))
  )
}
