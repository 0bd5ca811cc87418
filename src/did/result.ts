import type { DIDDocument, DIDDocumentMetadata, DIDResolutionResult } from 'did-resolver'
import type { JsonObject } from '../encoding/index.ts'
import { ComityError, TrustError, VerificationError, type ComityErrorCode } from '../errors/index.ts'
import { toDidDateTime } from './date-time.ts'

/**
 * Names of DID resolution errors, for the codes that have one. A DID that is deactivated is no error there: the metadata
 * of its document, which is not had any more, says so.
 */
const NAMES: Partial<Record<ComityErrorCode, string>> = {
  COMITY_DID_INVALID: 'invalidDid',
  COMITY_DID_LOG_MALFORMED: 'invalidDid',
  COMITY_DID_LOG_TIME: 'invalidDid',
  COMITY_DID_LOG_CHAIN: 'invalidDid',
  COMITY_DID_LOG_PROOF: 'invalidDid',
  COMITY_DID_LOG_WITNESS: 'invalidDid',
  COMITY_DID_LOG_ROLLBACK: 'invalidDid',
  COMITY_DID_METHOD_UNSUPPORTED: 'methodNotSupported',
  COMITY_DID_KEY_UNKNOWN: 'unsupportedPublicKeyType',
  COMITY_DID_VERSION_UNSUPPORTED: 'featureNotSupported',
  COMITY_DID_REPRESENTATION: 'representationNotSupported',
  COMITY_DID_NOT_FOUND: 'notFound',
  COMITY_DID_UNRESOLVABLE: 'notFound',
  COMITY_DID_DOCUMENT_INVALID: 'invalidDidDocument',
}

/** The error that a failed result was made of; results travel through other libraries in between. */
const failures = new WeakMap<DIDResolutionResult, ComityError>()

/** Says whether something that was caught is one of our errors. */
export function isComityError(error: unknown): error is ComityError {
  return error instanceof ComityError
}

/** Puts a document into did-resolver's form. */
export function toResult(document: JsonObject, maxAge?: number): DIDResolutionResult {
  return {
    didResolutionMetadata: { contentType: 'application/did+json', ...(maxAge !== undefined && { maxAge }) },
    didDocument: document as unknown as DIDDocument,
    didDocumentMetadata: {},
  }
}

function nameOf(code: ComityErrorCode): string | undefined {
  return code === 'COMITY_DID_DEACTIVATED' ? undefined : (NAMES[code] ?? 'internalError')
}

/**
 * Puts a failure into did-resolver's form: `didResolutionMetadata.error` has the specification's name for it, `code`
 * ours, and `reason` the code underneath where there is one. A deactivated DID has no `error`, and `deactivated` in
 * `didDocumentMetadata`.
 *
 * @param documentMetadata - What is known of the document all the same.
 */
export function toFailure(
  error: ComityError,
  documentMetadata: DIDDocumentMetadata = {},
): DIDResolutionResult {
  const { code, message, details } = error
  const name = nameOf(code)
  const result: DIDResolutionResult = {
    didResolutionMetadata: {
      ...(name !== undefined && { error: name }),
      code,
      message,
      ...(details['reason'] !== undefined && { reason: details['reason'] }),
    },
    didDocument: null,
    didDocumentMetadata: {
      ...documentMetadata,
      ...(code === 'COMITY_DID_DEACTIVATED' && { deactivated: true }),
    },
  }
  failures.set(result, error)
  return result
}

function fromName(name: string | undefined): ComityError {
  switch (name) {
    case 'invalidDid':
      return new VerificationError('COMITY_DID_INVALID', 'the method refuses the DID')
    case 'unsupportedDidMethod':
    case 'methodNotSupported':
      return new TrustError('COMITY_DID_METHOD_UNSUPPORTED', 'the DID method is not supported')
    case 'notFound':
      return new TrustError('COMITY_DID_NOT_FOUND', 'the method does not find the DID')
    case 'featureNotSupported':
      return new TrustError('COMITY_DID_VERSION_UNSUPPORTED', 'the method has no versions of the DID')
    case 'representationNotSupported':
      return new TrustError('COMITY_DID_REPRESENTATION', 'the method does not have the document in this form')
    case 'deactivated':
      return new VerificationError('COMITY_DID_DEACTIVATED', 'the DID is deactivated')
    default:
      return new TrustError('COMITY_DID_UNRESOLVABLE', 'the method does not resolve the DID')
  }
}

/**
 * Says what a result failed with.
 *
 * @param isVersion - Whether a version was asked for: one of a DID that is deactivated by now is no failure.
 * @returns The error, or `undefined` for a result with a document.
 */
export function failureOf(result: DIDResolutionResult, isVersion = false): ComityError | undefined {
  const { didResolutionMetadata, didDocument, didDocumentMetadata } = result
  const known = failures.get(result)
  if (known !== undefined) return known
  if (didResolutionMetadata.error !== undefined) return fromName(didResolutionMetadata.error)
  const isOver = didDocumentMetadata.deactivated === true && !(isVersion && didDocument !== null)
  if (isOver) return fromName('deactivated')
  return didDocument === null ? fromName('notFound') : undefined
}

const DATES = ['created', 'updated', 'nextUpdate'] as const

/** Brings the dates of metadata into the specification's form, and leaves out what is no date. */
export function cleanMetadata(metadata: DIDDocumentMetadata): DIDDocumentMetadata {
  const cleaned = { ...metadata }
  for (const name of DATES) {
    if (metadata[name] === undefined) continue
    const date = toDidDateTime(metadata[name])
    if (date === undefined) Reflect.deleteProperty(cleaned, name)
    else cleaned[name] = date
  }
  return cleaned
}
