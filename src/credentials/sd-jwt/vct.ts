import { CREDENTIAL_TYPES, type CredentialType } from '../agent-types.ts'

const NAMESPACE = 'urn:comity:vct:'
/** The version of the JSON Schemas: what is said in another version is said by another name. */
const VERSION = '1'

const typesByVct: ReadonlyMap<string, CredentialType> = new Map(
  CREDENTIAL_TYPES.map((type) => [vctOf(type), type]),
)

/**
 * The name that a type has as SD-JWT VC: the value of `vct`.
 *
 * @param type - One of `CREDENTIAL_TYPES`.
 * @returns Such as `urn:comity:vct:AgentPostureCredential:1`. The number is the version of the type's JSON Schema.
 */
export function vctOf(type: CredentialType): string {
  return `${NAMESPACE}${type}:${VERSION}`
}

/** The type of a `vct`; undefined where it is not one of those here. */
export function typeOfVct(vct: string): CredentialType | undefined {
  return typesByVct.get(vct)
}
