import { isDid, isDidUrlOf } from '../did/index.ts'
import { parseJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { signJws, type Signer } from '../keys/index.ts'
import { randomUrn } from '../runtime/index.ts'
import { isCredentialType, type CredentialType } from './agent-types.ts'
import type { CredentialClaims } from './claims.ts'
import { CREDENTIALS_CONTEXT } from './context-rules.ts'
import { formatDateTimeStamp } from './date-time.ts'
import { BASE_TYPE } from './document-rules.ts'
import { schemaFaults, schemaId } from './schema-validator.ts'
import type { StatusEntry } from './status-entry.ts'
import { checkCredentialSize, documentFaults, MAX_CREDENTIAL_LENGTH } from './unverified-credential.ts'

/** The data model demands this context, last, of documents whose terms no context defines. */
const UNDEFINED_TERMS_CONTEXT = 'https://www.w3.org/ns/credentials/undefined-terms/v2'

/** What a credential is made from. */
export interface IssueCredentialOptions<Type extends CredentialType = CredentialType> {
  /** A key of the issuer's; its `kid` is a DID URL under `issuer`, listed in `assertionMethod`. */
  readonly signer: Signer
  /** The issuer's DID. */
  readonly issuer: string
  /** What kind of credential. */
  readonly type: Type
  /** The DID of whom it is about. */
  readonly subject: string
  /** What it says about the subject, by the schema of its type. `id` is `subject`, and may be left out. */
  readonly claims: CredentialClaims[Type] | JsonObject
  /** Seconds since the Unix epoch, to the millisecond. */
  readonly validFrom: number
  /** Seconds since the Unix epoch, to the millisecond; later than `validFrom`. */
  readonly validUntil: number
  /** Where to look up its status; without it the credential cannot be revoked. */
  readonly status?: StatusEntry | readonly StatusEntry[]
  /** Its URL. Defaults to a random `urn:uuid:`. */
  readonly id?: string
}

/**
 * Issues a credential of the data model 2.0 as a `vc+jwt`.
 *
 * What is signed is the credential and nothing else: no registered JWT claims stand beside it. It is held against the
 * rules of the data model and the JSON Schema of its type first, and names that schema in `credentialSchema`.
 *
 * @param options - See {@link IssueCredentialOptions}.
 * @returns A compact JWS of at most 32768 characters.
 * @throws {VerificationError} `COMITY_CREDENTIAL_SCHEMA` when the claims do not match the schema;
 *   `COMITY_CREDENTIAL_MALFORMED` when the credential breaks the data model; `COMITY_CREDENTIAL_TOO_LARGE`;
 *   `COMITY_JSON_TOO_DEEP` and `COMITY_JSON_MALFORMED` when the claims are no JSON that a verifier reads.
 * @throws {TypeError} When an option is missing or contradicts another.
 * @see {@link https://www.w3.org/TR/vc-jose-cose/#securing-with-jose | VC-JOSE-COSE §3.1.1}
 */
export async function issueCredential<Type extends CredentialType>(
  options: IssueCredentialOptions<Type>,
): Promise<string> {
  checkOptions(options)
  const document = createDocument(options)
  const [fault] = [...schemaFaults(options.type, document), ...documentFaults(document)]
  if (fault !== undefined) throw fault
  const token = await signJws({
    header: { typ: 'vc+jwt', cty: 'vc' },
    payload: document,
    signer: options.signer,
  })
  checkCredentialSize(token, MAX_CREDENTIAL_LENGTH)
  return token
}

function createDocument(options: IssueCredentialOptions): JsonObject {
  const { issuer, type, subject, claims, validFrom, validUntil, status, id = randomUrn() } = options
  const document: Record<string, unknown> = {
    '@context': [CREDENTIALS_CONTEXT, UNDEFINED_TERMS_CONTEXT],
    id,
    type: [BASE_TYPE, type],
    issuer,
    validFrom: formatDateTimeStamp(validFrom),
    validUntil: formatDateTimeStamp(validUntil),
    credentialSchema: { id: schemaId(type), type: 'JsonSchema' },
    credentialSubject: { ...claims, id: subject },
    ...(status === undefined ? {} : { credentialStatus: status }),
  }
  // Through text, so that what is checked is what is signed and what a verifier will read.
  return parseJsonObject(JSON.stringify(document), { maxBytes: MAX_CREDENTIAL_LENGTH })
}

function checkOptions(options: IssueCredentialOptions): void {
  const { signer, issuer, type, subject, claims, validFrom, validUntil } = options
  if (!isCredentialType(type)) throw new TypeError('options.type must be one of CREDENTIAL_TYPES')
  for (const [name, did] of Object.entries({ issuer, subject })) {
    if (!isDid(did)) throw new TypeError(`options.${name} must be a DID`)
  }
  if (!isDidUrlOf(signer.kid, issuer))
    throw new TypeError('options.signer.kid must be a DID URL under options.issuer')
  if (typeof claims !== 'object' || (claims as unknown) === null) {
    throw new TypeError('options.claims must be an object')
  }
  const id: JsonValue | undefined = (claims as JsonObject)['id']
  if (id !== undefined && id !== subject) throw new TypeError('options.claims.id must be options.subject')
  if (!(validFrom < validUntil))
    throw new TypeError('options.validUntil must be later than options.validFrom')
}
