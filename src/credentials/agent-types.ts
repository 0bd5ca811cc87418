import { agentCapabilitySchema } from './schemas/agent-capability.ts'
import { agentPostureSchema } from './schemas/agent-posture.ts'
import { agentProvenanceSchema } from './schemas/agent-provenance.ts'
import { agentScopeSchema } from './schemas/agent-scope.ts'

/** A type of credential about an agent that has a schema here. */
export type AgentCredentialType =
  | 'AgentCapabilityCredential'
  | 'AgentProvenanceCredential'
  | 'AgentScopeCredential'
  | 'AgentPostureCredential'

/** The types of credentials about agents: what it may do, who answers for it, how it is bounded, how it is. */
export const AGENT_CREDENTIAL_TYPES: readonly AgentCredentialType[] = Object.freeze([
  'AgentCapabilityCredential',
  'AgentProvenanceCredential',
  'AgentScopeCredential',
  'AgentPostureCredential',
])

/**
 * The JSON Schema (draft 2020-12) of each type, about the whole credential. To be published as they are.
 *
 * Claims that a schema does not name are allowed beside those that it does, but not inside them.
 */
export const credentialSchemas: {
  readonly AgentCapabilityCredential: typeof agentCapabilitySchema
  readonly AgentProvenanceCredential: typeof agentProvenanceSchema
  readonly AgentScopeCredential: typeof agentScopeSchema
  readonly AgentPostureCredential: typeof agentPostureSchema
} = Object.freeze({
  AgentCapabilityCredential: agentCapabilitySchema,
  AgentProvenanceCredential: agentProvenanceSchema,
  AgentScopeCredential: agentScopeSchema,
  AgentPostureCredential: agentPostureSchema,
})

/** Says whether a type is one of {@link AGENT_CREDENTIAL_TYPES}. */
export function isAgentCredentialType(type: string): type is AgentCredentialType {
  return AGENT_CREDENTIAL_TYPES.some((known) => known === type)
}
