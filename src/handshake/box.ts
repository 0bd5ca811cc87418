import { CompactEncrypt, compactDecrypt } from 'jose'
import { decodeBase64url, decodeUtf8, encodeUtf8, parseJsonObject } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'

/** Which way a box travels: from the responder to the initiator, or back. */
export type BoxDirection = 'r2i' | 'i2r'

/** What a box's header must say, exactly and only. */
export interface BoxPosition {
  /** The run, as in `clear.sid`. */
  readonly sid: string
  /** The direction. */
  readonly dir: BoxDirection
  /** Counts from 0 in each direction. */
  readonly seq: number
}

const HEADER_MEMBERS = 6
const MAX_BOX_BYTES = 65_536

/**
 * Seals a message's JWS into a compact JWE (`dir`, `A256GCM`, random IV).
 *
 * @param jws The message's compact JWS.
 * @param key 32 bytes, the key of this direction.
 * @param position Goes into the protected header.
 */
export async function sealBox(jws: string, key: Uint8Array, position: BoxPosition): Promise<string> {
  return new CompactEncrypt(encodeUtf8(jws))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'JWT', ...position })
    .encrypt(key)
}

/**
 * Opens a box that must stand at one place of one run.
 *
 * @param box Compact JWE, as received.
 * @param key 32 bytes, the key of the expected direction.
 * @param expected The place: any other `sid`, direction or `seq` is an error, so is any other header member.
 * @returns The compact JWS inside.
 * @throws {VerificationError} `COMITY_HANDSHAKE_BOX` when it does not open at this place.
 */
export async function openBox(box: string, key: Uint8Array, expected: BoxPosition): Promise<string> {
  try {
    assertHeader(box, expected)
    const { plaintext } = await compactDecrypt(box, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    return decodeUtf8(plaintext)
  } catch (cause) {
    throw new VerificationError('COMITY_HANDSHAKE_BOX', 'the box does not open here', {
      spec: 'comity handshake, transcript and keys',
      ...(cause instanceof ComityError ? { details: { underlying: cause.code } } : {}),
      cause,
    })
  }
}

function assertHeader(box: string, expected: BoxPosition): void {
  const parts = box.split('.')
  const [encodedHeader, encryptedKey] = parts
  if (parts.length !== 5 || encodedHeader === undefined || encryptedKey !== '') {
    throw new TypeError('not a compact JWE with a direct key')
  }
  // One spelling a box: jose decodes leniently, and other spellings of the same bytes are not the same message.
  for (const part of parts) decodeBase64url(part, { maxBytes: MAX_BOX_BYTES })
  const header = parseJsonObject(decodeBase64url(encodedHeader, { maxBytes: 1024 }), { maxDepth: 2 })
  const { alg, enc, cty, sid, dir, seq } = header
  const exact =
    Object.keys(header).length === HEADER_MEMBERS &&
    alg === 'dir' &&
    enc === 'A256GCM' &&
    cty === 'JWT' &&
    sid === expected.sid &&
    dir === expected.dir &&
    seq === expected.seq
  if (!exact) throw new TypeError('not the header of this place in the run')
}
