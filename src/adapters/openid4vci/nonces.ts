import { concatBytes, decodeBase64url, encodeBase64url, equalBytes } from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import { hmacSha256, randomBytes, type Clock } from '../../runtime/index.ts'
import type { Store } from '../../store/index.ts'

const NONCE_SECONDS = 300
const RANDOM_BYTES = 16
const TIME_BYTES = 8
const TAG_BYTES = 16
const SECRET_KEY = 'openid4vci/nonce-secret'

/** Nonces for proofs of possession. Nothing is remembered of those that are given out: anyone may ask for them. */
export interface Nonces {
  /** A fresh nonce, good for five minutes. */
  create(): Promise<string>
  /** Whether it was given out here, is not too old, and was not used before. */
  use(nonce: string): Promise<boolean>
}

/** Makes nonces that every process on the same store knows. */
export function createNonces(store: Store, clock: Clock): Nonces {
  let secret: Promise<Uint8Array> | undefined
  const tagOf = async (body: Uint8Array): Promise<Uint8Array> => {
    secret ??= readSecret(store)
    secret.catch(() => {
      secret = undefined
    })
    return hmacSha256(await secret, body).subarray(0, TAG_BYTES)
  }
  return {
    create: async () => {
      const body = concatBytes(encodeTime(clock.now() + NONCE_SECONDS), randomBytes(RANDOM_BYTES))
      return encodeBase64url(concatBytes(body, await tagOf(body)))
    },
    use: async (nonce) => {
      const bytes = decodeNonce(nonce)
      if (bytes === undefined) return false
      const body = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES)
      if (!equalBytes(bytes.subarray(TIME_BYTES + RANDOM_BYTES), await tagOf(body))) return false
      const expiresAt = decodeTime(body)
      if (expiresAt <= clock.now()) return false
      return store.putIfAbsent(`openid4vci/used-nonce/${nonce}`, '', { expiresAt })
    },
  }
}

async function readSecret(store: Store): Promise<Uint8Array> {
  await store.putIfAbsent(SECRET_KEY, encodeBase64url(randomBytes(32)))
  return decodeBase64url((await store.get(SECRET_KEY)) ?? '')
}

function decodeNonce(nonce: string): Uint8Array | undefined {
  const length = TIME_BYTES + RANDOM_BYTES + TAG_BYTES
  try {
    const bytes = decodeBase64url(nonce, { maxBytes: length })
    return bytes.length === length ? bytes : undefined
  } catch (error) {
    if (error instanceof ComityError) return undefined
    throw error
  }
}

function encodeTime(seconds: number): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES)
  new DataView(bytes.buffer).setFloat64(0, seconds)
  return bytes
}

function decodeTime(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0)
}
