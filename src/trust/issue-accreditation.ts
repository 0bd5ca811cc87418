import {
  CREDENTIALS_CONTEXT,
  MAX_CREDENTIAL_LENGTH,
  formatDateTimeStamp,
  type StatusEntry,
} from '../credentials/index.ts'
import { VerificationError } from '../errors/index.ts'
import { signJws, type Signer } from '../keys/index.ts'
import { readAccreditation } from './accreditation-document.ts'
import { UNDEFINED_TERMS_CONTEXT, checkParties, toDocument } from './issue-list.ts'
import { ACCREDITATION_TYPE } from './shape.ts'
import { checkDid } from './static-rules.ts'

/** What an accreditation is made from. */
export interface IssueAccreditationOptions {
  /** A key of the body's; its `kid` is a DID URL under `issuer`, listed in `assertionMethod`. */
  readonly signer: Signer
  /** The DID of the body that accredits. */
  readonly issuer: string
  /** The DID of the issuer that is accredited. */
  readonly subject: string
  /** The types of credentials that it is accredited for: 1 to 32. */
  readonly accreditedFor: readonly string[]
  /** The DIDs of those towards whom it counts: 1 to 64. Without it, everyone. */
  readonly audiences?: readonly string[]
  /** How many accreditations may follow below this one, 0 to 2. Defaults to 0: it may accredit nobody. */
  readonly depth?: number
  /** Seconds since the Unix epoch. */
  readonly validFrom: number
  /** Seconds since the Unix epoch; later than `validFrom`, by at most 366 days. */
  readonly validUntil: number
  /** Where to look up its status; without it, it cannot be taken back before it expires. */
  readonly status?: StatusEntry | readonly StatusEntry[]
  /** Its URL. Without it, it has none. */
  readonly id?: string
}

/**
 * Makes and signs an accreditation.
 *
 * @param options - See {@link IssueAccreditationOptions}.
 * @returns A compact JWS, for the subject to serve as `application/vc+jwt` at the endpoint of its service
 *   `ComityAccreditation`.
 * @throws {VerificationError} `COMITY_ACCREDITATION_INVALID` when it is not one that verifiers take.
 * @throws {TypeError} When an option is missing or contradicts another.
 */
export async function issueAccreditation(options: IssueAccreditationOptions): Promise<string> {
  const { signer, issuer, subject, accreditedFor, audiences, depth = 0, validFrom, validUntil } = options
  const { status, id } = options
  checkParties({ signer, issuer })
  checkDid(subject, 'options.subject')
  if (!(validFrom < validUntil))
    throw new TypeError('options.validUntil must be later than options.validFrom')
  const document = toDocument({
    '@context': [CREDENTIALS_CONTEXT, UNDEFINED_TERMS_CONTEXT],
    ...(id === undefined ? {} : { id }),
    type: ['VerifiableCredential', ACCREDITATION_TYPE],
    issuer,
    validFrom: formatDateTimeStamp(validFrom),
    validUntil: formatDateTimeStamp(validUntil),
    credentialSubject: {
      id: subject,
      accreditedFor,
      ...(audiences === undefined ? {} : { audiences }),
      mayAccredit: depth !== 0,
      ...(depth === 0 ? {} : { depth }),
    },
    ...(status === undefined ? {} : { credentialStatus: status }),
  })
  readAccreditation({ issuer, document, validFrom, validUntil })
  const token = await signJws({ header: { typ: 'vc+jwt', cty: 'vc' }, payload: document, signer })
  if (token.length <= MAX_CREDENTIAL_LENGTH) return token
  throw new VerificationError('COMITY_ACCREDITATION_INVALID', 'the accreditation is too large', {
    spec: 'Comity trust §3.1',
    details: { maxLength: MAX_CREDENTIAL_LENGTH },
  })
}
