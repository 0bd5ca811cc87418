import type { DIDDocument, DIDResolutionResult } from 'did-resolver'
import type { JsonObject } from '../encoding/index.ts'
import { ComityError, TrustError, VerificationError, type ComityErrorCode } from '../errors/index.ts'

/** Names of DID resolution errors, for the codes that have one. */
const NAMES: Partial<Record<ComityErrorCode, string>> = {
  COMITY_DID_INVALID: 'invalidDid',
  COMITY_DID_METHOD_UNSUPPORTED: 'unsupportedDidMethod',
  COMITY_DID_NOT_FOUND: 'notFound',
  COMITY_DID_UNRESOLVABLE: 'notFound',
  COMITY_DID_DEACTIVATED: 'deactivated',
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

/**
 * Puts a failure into did-resolver's form: `didResolutionMetadata.error` has the specification's name for it, `code`
 * ours, and `reason` the code underneath where there is one.
 */
export function toFailure(error: ComityError): DIDResolutionResult {
  const result: DIDResolutionResult = {
    didResolutionMetadata: {
      error: NAMES[error.code] ?? 'internalError',
      code: error.code,
      message: error.message,
      ...(error.details['reason'] !== undefined && { reason: error.details['reason'] }),
    },
    didDocument: null,
    didDocumentMetadata: error.code === 'COMITY_DID_DEACTIVATED' ? { deactivated: true } : {},
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
    case 'deactivated':
      return new VerificationError('COMITY_DID_DEACTIVATED', 'the DID is deactivated')
    default:
      return new TrustError('COMITY_DID_UNRESOLVABLE', 'the method does not resolve the DID')
  }
}

/**
 * Says what a result failed with.
 *
 * @returns The error, or `undefined` for a result with a document.
 */
export function failureOf(result: DIDResolutionResult): ComityError | undefined {
  const { didResolutionMetadata, didDocument, didDocumentMetadata } = result
  const known = failures.get(result)
  if (known !== undefined) return known
  if (didDocumentMetadata.deactivated === true) return fromName('deactivated')
  if (didResolutionMetadata.error !== undefined) return fromName(didResolutionMetadata.error)
  return didDocument === null ? fromName('notFound') : undefined
}
