import {
  decodeBase64url,
  encodeBase64url,
  encodeUtf8,
  parseJsonObject,
  type JsonObject,
} from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { assertOnlyMembers, malformed } from './shape.ts'

/** The media type of a handshake message. */
export const HANDSHAKE_MEDIA_TYPE = 'application/comity+json'

/** Largest message body, in bytes. */
export const MAX_MESSAGE_BYTES = 65_536

const MAX_DEPTH = 16

/** The outer form of every message: one JSON body `{clear?, box?, binder?}`. */
export interface Envelope {
  /** The decoded bytes of `clear`, as received: these go into the transcript. */
  readonly clearBytes: Uint8Array
  /** The object in `clear`. */
  readonly clear: JsonObject
  /** The compact JWE, where there is one. */
  readonly box: string | undefined
}

/** A message that has a box: all but the hello. */
export interface BoxedEnvelope extends Envelope {
  readonly box: string
}

/**
 * Reads a message body.
 *
 * @param body The HTTP body, at most 65,536 bytes of UTF-8 JSON, 16 levels deep.
 * @throws {VerificationError} `COMITY_HANDSHAKE_TOO_LARGE`, `COMITY_HANDSHAKE_MALFORMED`.
 */
export function parseEnvelope(body: Uint8Array): Envelope {
  if (body.length > MAX_MESSAGE_BYTES) {
    throw new VerificationError('COMITY_HANDSHAKE_TOO_LARGE', 'the message is too large', {
      details: { maxBytes: MAX_MESSAGE_BYTES },
    })
  }
  const message = parseObject(body, 'body')
  const { clear: encoded, box } = message
  // A binder belongs to a ticket; of a ticket that is not known it says nothing.
  assertOnlyMembers(message, box === undefined ? ['clear', 'binder'] : ['clear', 'box'], 'body')
  if (typeof encoded !== 'string') throw malformed('the message has no `clear`')
  if (box !== undefined && typeof box !== 'string') throw malformed('`box` must be a string')
  const clearBytes = decodeClear(encoded)
  return { clearBytes, clear: parseObject(clearBytes, 'clear'), box }
}

/**
 * Reads a message body that must have a box.
 *
 * @throws As {@link parseEnvelope} does.
 */
export function parseBoxedEnvelope(body: Uint8Array): BoxedEnvelope {
  const { clearBytes, clear, box } = parseEnvelope(body)
  if (box === undefined) throw malformed('the message has no `box`')
  return { clearBytes, clear, box }
}

/** Writes the `clear` part of a message; the bytes go into the transcript as they are. */
export function encodeClear(clear: JsonObject): Uint8Array {
  return encodeUtf8(JSON.stringify(clear))
}

/** Writes a message body. */
export function encodeEnvelope(clear: Uint8Array, box?: string): string {
  return JSON.stringify({ clear: encodeBase64url(clear), ...(box === undefined ? {} : { box }) })
}

function decodeClear(encoded: string): Uint8Array {
  try {
    return decodeBase64url(encoded, { maxBytes: MAX_MESSAGE_BYTES })
  } catch (error) {
    if (error instanceof ComityError) throw malformed('`clear` is not base64url')
    throw error
  }
}

function parseObject(bytes: Uint8Array, where: string): JsonObject {
  try {
    return parseJsonObject(bytes, { maxBytes: MAX_MESSAGE_BYTES, maxDepth: MAX_DEPTH })
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw new VerificationError('COMITY_HANDSHAKE_MALFORMED', 'the message is not a JSON object', {
      spec: 'comity handshake, messages',
      details: { where, underlying: cause.code },
      cause,
    })
  }
}
