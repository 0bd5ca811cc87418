import { decodeMultibase, isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { hasNoOrUrlId, isAbsoluteUrl, stringList } from './shape.ts'

const MAX_RESOURCES = 64
/** The longest digest that is read: SHA-512 and its multihash prefix are 66 bytes. */
const MAX_DIGEST_BYTES = 128

/** Characters of base64 without padding, by algorithm. Both alphabets are allowed. */
const SRI_LENGTHS: Readonly<Record<string, number>> = { sha256: 43, sha384: 64, sha512: 86 }

/** A `hash-expression` of Subresource Integrity, without options. */
const SRI = /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+)(={0,2})$/

/** `type/subtype` of RFC 6838 §4.2, with parameters or without. */
const MEDIA_TYPE =
  /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(?:;[ -~]{1,256})?$/

/**
 * Checks the form of `relatedResource`: each item has a URL of its own as `id`, and at least one digest.
 *
 * @param values - The items.
 * @returns Whether all of them have that form.
 * @see {@link https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources | VCDM 2.0 §5.3}
 */
export function areRelatedResources(values: readonly JsonValue[]): boolean {
  if (values.length === 0 || values.length > MAX_RESOURCES) return false
  const ids = new Set<JsonValue>()
  for (const value of values) {
    if (!isJsonObject(value) || !isAbsoluteUrl(value['id']) || ids.has(value['id'])) return false
    if (value['digestSRI'] === undefined && value['digestMultibase'] === undefined) return false
    if (!hasGoodIntegrity(value)) return false
    ids.add(value['id'])
  }
  return true
}

/**
 * Says whether what an object says about the integrity of the resource that its `id` names has the form that it must
 * have: `digestSRI`, `digestMultibase` and `mediaType`, each of which may be absent. Nothing is fetched.
 */
export function hasGoodIntegrity(value: JsonObject): boolean {
  const { digestSRI, digestMultibase, mediaType } = value
  if (!hasNoOrUrlId(value)) return false
  if (digestSRI !== undefined && stringList(digestSRI)?.every(isSriList) !== true) return false
  if (digestMultibase !== undefined && stringList(digestMultibase)?.every(isMultihash) !== true) return false
  return mediaType === undefined || (typeof mediaType === 'string' && MEDIA_TYPE.test(mediaType))
}

/** Digests of one resource may stand in one text, with spaces between them. */
function isSriList(text: string): boolean {
  return text.split(' ').every((part) => {
    const [, algorithm = '', digest = ''] = SRI.exec(part) ?? []
    return digest !== '' && digest.length === SRI_LENGTHS[algorithm]
  })
}

/** A multihash says which algorithm it is of and how long it is: one byte each for all that are in use. */
function isMultihash(text: string): boolean {
  try {
    const bytes = decodeMultibase(text, { maxBytes: MAX_DIGEST_BYTES })
    const [code = 0x80, length = 0] = bytes
    return code < 0x80 && length >= 32 && bytes.length === 2 + length
  } catch (error) {
    if (error instanceof VerificationError) return false
    throw error
  }
}
