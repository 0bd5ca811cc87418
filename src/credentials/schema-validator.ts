import { Validator, type OutputUnit, type Schema } from '@cfworker/json-schema'
import type { JsonObject } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { AGENT_CREDENTIAL_TYPES, credentialSchemas, type AgentCredentialType } from './agent-types.ts'

const MAX_FAULTS = 16

/** Keywords that only say that something below them is at fault. */
const WRAPPERS: ReadonlySet<string> = new Set(['properties', 'items', '$ref'])

const validators: ReadonlyMap<AgentCredentialType, Validator> = new Map(
  AGENT_CREDENTIAL_TYPES.map((type) => [type, createValidator(type)]),
)

/** The validator marks the schema that it is given, so it gets a copy. It does not stop at the first fault. */
function createValidator(type: AgentCredentialType): Validator {
  return new Validator(structuredClone(credentialSchemas[type]) as unknown as Schema, '2020-12', false)
}

/**
 * Holds a credential against the JSON Schema of one of its types.
 *
 * @returns `COMITY_CREDENTIAL_SCHEMA` errors, at most 16, in the order of the document. Their `details` name the
 *   place in the *schema*, which tells as much and holds nothing of the input.
 */
export function schemaFaults(type: AgentCredentialType, document: JsonObject): readonly VerificationError[] {
  const result = validators.get(type)?.validate(document)
  if (result?.valid === true) return []
  const units = result?.errors ?? []
  const leaves = units.filter(({ keyword }) => !WRAPPERS.has(keyword))
  const faults = (leaves.length === 0 ? units : leaves).slice(0, MAX_FAULTS).map((unit) => fault(type, unit))
  return faults.length === 0 ? [fault(type)] : faults
}

function fault(type: AgentCredentialType, unit?: OutputUnit): VerificationError {
  return new VerificationError(
    'COMITY_CREDENTIAL_SCHEMA',
    `the credential does not match the schema of ${type}`,
    {
      spec: 'VCDM 2.0 §4.11',
      details: { type, ...(unit === undefined ? {} : { schemaLocation: unit.keywordLocation }) },
    },
  )
}
