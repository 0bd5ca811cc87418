import { agentCapabilitySchema } from './schemas/agent-capability.ts'
import { agentPostureSchema } from './schemas/agent-posture.ts'
import { agentProvenanceSchema } from './schemas/agent-provenance.ts'
import { agentScopeSchema } from './schemas/agent-scope.ts'
import { organizationSchema } from './schemas/organization.ts'
import { trustDomainSchema } from './schemas/trust-domain.ts'

/** A type of credential about an agent that has a schema here. */
export type AgentCredentialType =
  | 'AgentCapabilityCredential'
  | 'AgentProvenanceCredential'
  | 'AgentScopeCredential'
  | 'AgentPostureCredential'

/** A type of credential about an organization that has a schema here; its subject is the organization's DID. */
export type OrganizationCredentialType = 'TrustDomainCredential' | 'OrganizationCredential'

/** Any type of credential that has a schema here. */
export type CredentialType = AgentCredentialType | OrganizationCredentialType

/** The types of credentials about agents: what it may do, who answers for it, how it is bounded, how it is. */
export const AGENT_CREDENTIAL_TYPES: readonly AgentCredentialType[] = Object.freeze([
  'AgentCapabilityCredential',
  'AgentProvenanceCredential',
  'AgentScopeCredential',
  'AgentPostureCredential',
])

/** The types of credentials about organizations: which trust domain it controls, and for which agents it answers. */
export const ORGANIZATION_CREDENTIAL_TYPES: readonly OrganizationCredentialType[] = Object.freeze([
  'TrustDomainCredential',
  'OrganizationCredential',
])

/** All types that have a schema here. */
export const CREDENTIAL_TYPES: readonly CredentialType[] = Object.freeze([
  ...AGENT_CREDENTIAL_TYPES,
  ...ORGANIZATION_CREDENTIAL_TYPES,
])

const KNOWN_TYPES: ReadonlySet<string> = new Set(CREDENTIAL_TYPES)

/**
 * The JSON Schema (draft 2020-12) of each type, about the whole credential. Each has an `$id` that ends in its version
 * and never means anything else; credentials name it in `credentialSchema`.
 *
 * Claims that a schema does not name are allowed beside those that it does, but not inside them.
 */
export const credentialSchemas: {
  readonly AgentCapabilityCredential: typeof agentCapabilitySchema
  readonly AgentProvenanceCredential: typeof agentProvenanceSchema
  readonly AgentScopeCredential: typeof agentScopeSchema
  readonly AgentPostureCredential: typeof agentPostureSchema
  readonly TrustDomainCredential: typeof trustDomainSchema
  readonly OrganizationCredential: typeof organizationSchema
} = Object.freeze({
  AgentCapabilityCredential: agentCapabilitySchema,
  AgentProvenanceCredential: agentProvenanceSchema,
  AgentScopeCredential: agentScopeSchema,
  AgentPostureCredential: agentPostureSchema,
  TrustDomainCredential: trustDomainSchema,
  OrganizationCredential: organizationSchema,
})

/** Says whether a type is one of {@link AGENT_CREDENTIAL_TYPES}. */
export function isAgentCredentialType(type: string): type is AgentCredentialType {
  return AGENT_CREDENTIAL_TYPES.some((known) => known === type)
}

/** Says whether a type is one of {@link CREDENTIAL_TYPES}. */
export function isCredentialType(type: string): type is CredentialType {
  return KNOWN_TYPES.has(type)
}
