import type { VerifiedCredential } from '../credentials/index.ts'
import { isJsonObject } from '../encoding/index.ts'
import type { EstablishedRun } from '../handshake/index.ts'

/**
 * Who answers for an agent, as far as verified evidence says so: those that its provenance names, and the issuers of
 * what it has shown. What its own DID document says of a controller is the agent's word, and names nobody here.
 *
 * @returns Different DIDs; the agent's own where there is no evidence.
 */
export function accountableFor({ initiator, credentials }: EstablishedRun): readonly string[] {
  const named = credentials.flatMap((credential) => [...provenanceOf(credential), credential.issuer])
  return named.length === 0 ? [initiator] : [...new Set(named)]
}

function provenanceOf({ types, document }: VerifiedCredential): readonly string[] {
  const subject = document.credentialSubject
  if (!types.includes('AgentProvenanceCredential') || !isJsonObject(subject)) return []
  return typeof subject.accountable === 'string' ? [subject.accountable] : []
}
