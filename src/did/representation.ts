import type { DIDResolutionResult } from 'did-resolver'
import { TrustError } from '../errors/index.ts'
import { toFailure } from './result.ts'

/** The forms that a document is given in: the same JSON each time, under the media type that was asked for. */
const JSON_FORMS = ['application/did+json', 'application/did', 'application/json']
/** The form for those who read it as JSON-LD; only for documents that have a context. */
const LINKED_FORM = 'application/did+ld+json'
const ANYTHING = ['*/*', 'application/*']
const MAX_ACCEPT_LENGTH = 1024

interface Wanted {
  readonly type: string
  readonly weight: number
}

function parseRange(text: string): Wanted {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.map((each) => /^q=([01](?:\.[0-9]{0,3})?)$/.exec(each)?.[1]).find(Boolean)
  return { type, weight: Number(weight ?? 1) }
}

/** Says in which form to give a document, by the weights of who asks; `undefined` when in none. */
function chooseForm(accept: string, hasContext: boolean): string | undefined {
  const forms = hasContext ? [...JSON_FORMS, LINKED_FORM] : JSON_FORMS
  const wanted = accept
    .slice(0, MAX_ACCEPT_LENGTH)
    .split(',')
    .map(parseRange)
    .filter(({ weight }) => weight > 0)
    .toSorted((left, right) => right.weight - left.weight)
  for (const { type } of wanted) {
    if (ANYTHING.includes(type)) return JSON_FORMS[0]
    if (forms.includes(type)) return type
  }
  return undefined
}

/**
 * Gives a result in the representation that was asked for.
 *
 * @param result - A result of ours; one without a document is returned as it is.
 * @param accept - Media types as in the header of that name; absent, `application/did+json`.
 * @returns The result with its `contentType`, or a failure with `COMITY_DID_REPRESENTATION`.
 * @see {@link https://www.w3.org/TR/did-1.0/#did-resolution-options | DID Core §7.1.1}
 */
export function represent(result: DIDResolutionResult, accept: unknown): DIDResolutionResult {
  const { didDocument, didResolutionMetadata } = result
  if (didDocument === null || accept === undefined) return result
  const contentType =
    typeof accept === 'string' ? chooseForm(accept, Object.hasOwn(didDocument, '@context')) : undefined
  if (contentType === undefined) {
    return toFailure(
      new TrustError('COMITY_DID_REPRESENTATION', 'the document is not had in a form that was asked for', {
        spec: 'DID Core §7.1.2',
      }),
    )
  }
  return { ...result, didResolutionMetadata: { ...didResolutionMetadata, contentType } }
}
