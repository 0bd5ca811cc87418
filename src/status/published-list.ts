import { CREDENTIALS_CONTEXT, formatDateTimeStamp, parseDateTimeStamp } from '../credentials/index.ts'
import { isJsonObject } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { parseJws, signJws, type Signer } from '../keys/index.ts'
import type { Clock } from '../runtime/index.ts'
import { decodeStatusList, encodeStatusList } from './codec.ts'
import type { ListAddress } from './list-address.ts'
import { MAX_LIST_TOKEN_LENGTH, STATUS_LIST_TOKEN_TYP } from './list-token.ts'
import { statusListOf } from './status-list.ts'
import { decodeTokenStatusList, encodeTokenStatusList } from './token-codec.ts'
import { PUBLISHED_BITS, tokenStatusListOf } from './token-list.ts'

/** A list as it is stored and served. */
export interface StoredList {
  /** The credential or token. */
  readonly token: string
  /** The statuses in it. Not to be changed. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Seconds since the epoch: its `validFrom` or `iat`. */
  readonly signedAt: number
}

/** Signs the credential or token of a list. */
export type SignList = (
  address: ListAddress,
  bytes: Uint8Array<ArrayBuffer>,
) => Promise<Omit<StoredList, 'bytes'>>

/** What lists are signed with. */
export interface ListSignerOptions {
  readonly signer: Signer
  readonly issuer: string
  readonly clock: Clock
  readonly ttlMs: number
  readonly validitySeconds: number
}

/** How many statuses fit in one byte of a published list. */
export function statusesPerByte({ kind }: ListAddress): number {
  return kind === 'token' ? 8 / PUBLISHED_BITS : 8
}

/** Makes what signs the lists of a publisher. */
export function createListSigner(options: ListSignerOptions): SignList {
  return async (address, bytes) => {
    const signedAt = Math.floor(options.clock.now())
    const sign = address.kind === 'token' ? signToken : signCredential
    return { token: await sign(address, bytes, { ...options, signedAt }), signedAt }
  }
}

type Signing = ListSignerOptions & { readonly signedAt: number }

async function signCredential(
  { url, kind }: ListAddress,
  bytes: Uint8Array<ArrayBuffer>,
  { signer, issuer, signedAt, ttlMs, validitySeconds }: Signing,
): Promise<string> {
  const payload = {
    '@context': [CREDENTIALS_CONTEXT],
    id: url,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer,
    validFrom: formatDateTimeStamp(signedAt),
    validUntil: formatDateTimeStamp(signedAt + validitySeconds),
    credentialSubject: {
      id: `${url}#list`,
      type: 'BitstringStatusList',
      statusPurpose: kind,
      encodedList: await encodeStatusList(statusListOf(bytes)),
      ttl: ttlMs,
    },
  }
  return signJws({ header: { typ: 'vc+jwt', cty: 'vc' }, payload, signer })
}

async function signToken(
  { url }: ListAddress,
  bytes: Uint8Array<ArrayBuffer>,
  { signer, issuer, signedAt, ttlMs, validitySeconds }: Signing,
): Promise<string> {
  const payload = {
    iss: issuer,
    sub: url,
    iat: signedAt,
    exp: signedAt + validitySeconds,
    // It must be positive: without one, others would keep the list for as long as they like.
    ttl: Math.max(1, Math.floor(ttlMs / 1000)),
    status_list: await encodeTokenStatusList(tokenStatusListOf(bytes, PUBLISHED_BITS)),
  }
  return signJws({ header: { typ: STATUS_LIST_TOKEN_TYP }, payload, signer })
}

/**
 * Reads a list that a publisher has stored; its signature is not checked again.
 *
 * @throws {VerificationError} The store holds something else: the codes of `parseJws`, `COMITY_STATUS_LIST_INVALID`.
 */
export async function decodeStored({ kind }: ListAddress, token: string): Promise<StoredList> {
  return kind === 'token' ? decodeStoredToken(token) : decodeStoredCredential(token)
}

async function decodeStoredCredential(token: string): Promise<StoredList> {
  const { credentialSubject, validFrom } = parseJws(token, {
    typ: 'vc+jwt',
    maxLength: MAX_LIST_TOKEN_LENGTH,
  }).claims
  const encodedList = isJsonObject(credentialSubject) ? credentialSubject['encodedList'] : undefined
  const signedAt = typeof validFrom === 'string' ? parseDateTimeStamp(validFrom) : undefined
  if (typeof encodedList !== 'string' || signedAt === undefined) throw broken()
  return { token, bytes: (await decodeStatusList(encodedList)).bytes, signedAt }
}

async function decodeStoredToken(token: string): Promise<StoredList> {
  const { status_list: list, iat } = parseJws(token, {
    typ: STATUS_LIST_TOKEN_TYP,
    maxLength: MAX_LIST_TOKEN_LENGTH,
  }).claims
  const { bytes, bits } = await decodeTokenStatusList(list)
  if (typeof iat !== 'number' || bits !== PUBLISHED_BITS) throw broken()
  return { token, bytes, signedAt: iat }
}

function broken(): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', 'the stored list is malformed')
}
