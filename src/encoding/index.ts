/**
 * Text and bytes: strict decoders that accept one spelling for each value.
 *
 * Everything here may be fed by a stranger. Decoders refuse padding, spare bits, foreign characters,
 * duplicate member names, deep nesting and numbers without a value, and they bound the size before
 * they do work that grows faster than the input.
 *
 * @module
 */
export { decodeBase64url, decodeBase64urlText, encodeBase64url, type DecodeOptions } from './base64url.ts'
export { concatBytes, equalBytes } from './bytes.ts'
export { canonicalizeJson } from './canonical-json.ts'
export { isJsonObject, parseJson, parseJsonObject, type JsonLimits } from './json.ts'
export { emptyJsonObject, type JsonObject, type JsonValue } from './json-reader.ts'
export { lengthPrefixed } from './length-prefixed.ts'
export { decodeMultibase, encodeMultibase } from './multibase.ts'
export { decodeMulticodec, encodeMulticodec, type Multicodec } from './multicodec.ts'
export { decodeUtf8, encodeUtf8 } from './utf8.ts'
