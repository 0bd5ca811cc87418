import {
  canonicalizeJson,
  decodeBase64url,
  decodeMultibase,
  decodeMulticodec,
  decodeUtf8,
  parseJson,
} from '../../../src/encoding/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const encoding = {
  COMITY_BASE64URL_INVALID: () => decodeBase64url('Zg=='),
  COMITY_MULTIBASE_INVALID: () => decodeMultibase('z0'),
  COMITY_MULTICODEC_INVALID: () => decodeMulticodec(Uint8Array.of(0x81, 0x00)),
  COMITY_UTF8_INVALID: () => decodeUtf8(Uint8Array.of(0xff)),
  COMITY_JSON_TOO_LARGE: () => parseJson('[1,2]', { maxBytes: 4 }),
  COMITY_JSON_TOO_DEEP: () => parseJson('[[]]', { maxDepth: 1 }),
  COMITY_JSON_MALFORMED: () => parseJson('[1,]'),
  COMITY_JSON_DUPLICATE_KEY: () => parseJson('{"a":1,"a":1}'),
  COMITY_JSON_NOT_CANONICALIZABLE: () => canonicalizeJson(NaN),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
