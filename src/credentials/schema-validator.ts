import { Validator, type OutputUnit } from '@cfworker/json-schema'
import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { CREDENTIAL_TYPES, credentialSchemas, isCredentialType, type CredentialType } from './agent-types.ts'
import { compileSchema, type SchemaJudge } from './compiled-schema.ts'
import { disclosedSchema } from './sd-jwt/disclosed-schema.ts'
import { asList, stringList } from './shape.ts'
import { VC1_CONTEXT } from './vc1/vc1-rules.ts'

const MAX_FAULTS = 16

/** What the ids of the schemas here begin with; the type and its version follow. */
const SCHEMA_NAMESPACE = 'urn:comity:schema:'

/** Keywords that only say that something below them is at fault. */
const WRAPPERS: ReadonlySet<string> = new Set(['properties', 'items', 'if', '$ref'])

/** A schema in its two forms. */
interface CompiledSchema {
  /** Says whether a value matches. */
  readonly matches: SchemaJudge
  /** Says why it does not. */
  readonly explain: (value: JsonValue) => readonly OutputUnit[]
}

const schemas: ReadonlyMap<CredentialType, CompiledSchema> = new Map(
  CREDENTIAL_TYPES.map((type) => [type, compile(schemaOf(type))]),
)

/** Of what is disclosed of the claims in an SD-JWT VC. */
const disclosedSchemas: ReadonlyMap<CredentialType, CompiledSchema> = new Map(
  CREDENTIAL_TYPES.map((type) => [type, compile(disclosedSchema(schemaOf(type)))]),
)

function schemaOf(type: CredentialType): JsonObject {
  return credentialSchemas[type]
}

function compile(schema: JsonObject): CompiledSchema {
  // The validator marks the schema that it is given, so it gets a copy. It does not stop at the first fault.
  const validator = new Validator(structuredClone(schema), '2020-12', false)
  return { matches: compileSchema(schema), explain: (value) => validator.validate(value).errors }
}

/**
 * Holds a credential against the JSON Schema of one of its types: the verifier's own copy, whatever schemas the
 * credential names.
 *
 * Schemas that it names in `credentialSchema` are not fetched. One of another party is ignored; one of ours must be that
 * of a type that the credential has, in the version that is known here: what another version says is not known.
 *
 * @returns `COMITY_CREDENTIAL_SCHEMA` errors, at most 16, in the order of the document. Their `details` name the
 *   place in the *schema*, which tells as much and holds nothing of the input.
 */
export function schemaFaults(type: CredentialType, document: JsonObject): readonly VerificationError[] {
  const strange = namesStrangeSchema(document) ? [strangeSchema(type)] : []
  return [...strange, ...mismatches(type, schemas.get(type), inTermsOf2(document))]
}

/**
 * Holds what is disclosed of the claims of an SD-JWT VC against the JSON Schema of its type. What is not there may have
 * been kept by the holder, so nothing is missed.
 *
 * @param claims - The claims about the subject, with `id` for `sub`.
 * @returns As {@link schemaFaults}.
 */
export function disclosedClaimsFaults(
  type: CredentialType,
  claims: JsonObject,
): readonly VerificationError[] {
  return mismatches(type, disclosedSchemas.get(type), claims)
}

function mismatches(
  type: CredentialType,
  schema: CompiledSchema | undefined,
  document: JsonObject,
): readonly VerificationError[] {
  if (schema?.matches(document) === true) return []
  const units = schema?.explain(document) ?? []
  const leaves = units.filter(({ keyword }) => !WRAPPERS.has(keyword))
  const faults = (leaves.length === 0 ? units : leaves).slice(0, MAX_FAULTS).map((unit) => fault(type, unit))
  return faults.length === 0 ? [fault(type)] : faults
}

/** The schemas are about credentials of the data model 2.0, which renamed the members that bound the validity. */
function inTermsOf2(document: JsonObject): JsonObject {
  if (asList(document['@context'])[0] !== VC1_CONTEXT) return document
  const { issuanceDate, expirationDate } = document
  return {
    ...document,
    ...(issuanceDate !== undefined && { validFrom: issuanceDate }),
    ...(expirationDate !== undefined && { validUntil: expirationDate }),
  }
}

/** Says whether a document names a schema in the namespace of those here that is not the one of any of its types. */
function namesStrangeSchema(document: JsonObject): boolean {
  return asList(document['credentialSchema']).some((item) => {
    const id = isJsonObject(item) ? item['id'] : undefined
    return typeof id === 'string' && id.startsWith(SCHEMA_NAMESPACE) && !isSchemaOfTypes(id, document)
  })
}

function isSchemaOfTypes(id: string, document: JsonObject): boolean {
  const types = stringList(document['type']) ?? []
  return types.some((type) => isCredentialType(type) && schemaId(type) === id)
}

/** The `$id` of the schema of a type: what credentials of that type name in `credentialSchema`. */
export function schemaId(type: CredentialType): string {
  return credentialSchemas[type].$id
}

function strangeSchema(type: CredentialType): VerificationError {
  return new VerificationError(
    'COMITY_CREDENTIAL_SCHEMA',
    'the credential names a schema that is not known here',
    {
      spec: 'VCDM 2.0 §4.11',
      details: { type },
    },
  )
}

function fault(type: CredentialType, unit?: OutputUnit): VerificationError {
  return new VerificationError(
    'COMITY_CREDENTIAL_SCHEMA',
    `the credential does not match the schema of ${type}`,
    {
      spec: 'VCDM 2.0 §4.11',
      details: { type, ...(unit === undefined ? {} : { schemaLocation: unit.keywordLocation }) },
    },
  )
}
