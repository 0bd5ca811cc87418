import { decodeUtf8, encodeUtf8 } from '../encoding/index.ts'
import type { UnverifiedJws } from '../keys/index.ts'
import type { DigestOf } from './credential-digest.ts'
import type { CredentialFormat } from './format.ts'
import { MAX_CREDENTIAL_LENGTH, type UnverifiedCredential } from './unverified-credential.ts'

const DEFAULT_MAX_ENTRIES = 4096
const MAX_ENTRIES_CEILING = 1_000_000
/** What is kept of a token takes some ten times its length. */
const MAX_CHARACTERS = 4_194_304

/**
 * Remembers which tokens were verified with which key, so that a credential that is shown again and again is read, and
 * its signature checked, once.
 *
 * Only the *whole token*, character by character, is the same token: a forged one with the `id` of a good one is
 * another. Of an SD-JWT VC it is the whole part that its issuer signed. What anybody could read in it again, and the signature by that key, is remembered; everything else is
 * checked each time, also whether the key still is the issuer's.
 *
 * Opaque: nobody but the verifier can add to one.
 */
export interface SignatureCache {
  /** How many tokens are remembered now. */
  readonly size: number
}

/** What anybody can read in a token. */
export interface TokenContent {
  readonly jws: UnverifiedJws
  /** What was read from it, where it is the whole credential. */
  readonly credential?: UnverifiedCredential
  /** See `credentialDigest`. */
  readonly digest: DigestOf
}

/** A token that was verified. */
export interface RememberedToken extends TokenContent {
  /** The format as which it was verified; it is not known as any other. */
  readonly format: CredentialFormat
  /** Of the key that verified the signature. */
  readonly thumbprint: string
}

interface Memory {
  readonly maxEntries: number
  /** By token, the one used longest ago first. */
  readonly tokens: Map<string, RememberedToken>
  characters: number
}

const memories = new WeakMap<SignatureCache, Memory>()

/**
 * Makes an empty cache.
 *
 * @param options - `maxEntries` is how many tokens to remember, 1 to 1000000, and 4194304 characters of them in all;
 *   4096 by default. The one used longest ago goes first.
 * @throws {TypeError} When `maxEntries` is out of range.
 */
export function createSignatureCache(options: { readonly maxEntries?: number } = {}): SignatureCache {
  const { maxEntries = DEFAULT_MAX_ENTRIES } = options
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1 || maxEntries > MAX_ENTRIES_CEILING) {
    throw new TypeError(`options.maxEntries must be 1 to ${String(MAX_ENTRIES_CEILING)}`)
  }
  const tokens = new Map<string, RememberedToken>()
  const cache: SignatureCache = Object.freeze({
    get size() {
      return tokens.size
    },
  })
  memories.set(cache, { maxEntries, tokens, characters: 0 })
  return cache
}

/** What is remembered of a token of a format; undefined where nothing is. */
export function recall(
  cache: SignatureCache | undefined,
  format: CredentialFormat,
  token: string,
): RememberedToken | undefined {
  const tokens = memoryOf(cache)?.tokens
  const known = tokens?.get(token)
  if (tokens === undefined || known?.format !== format) return undefined
  tokens.delete(known.jws.token)
  tokens.set(known.jws.token, known)
  return known
}

/**
 * Remembers a token that was just verified with the key of this thumbprint.
 *
 * @param read - Reads the token again, out of a copy of its own.
 */
export function remember(
  cache: SignatureCache | undefined,
  token: string,
  known: Omit<RememberedToken, keyof TokenContent>,
  read: (copy: string) => TokenContent,
): void {
  const memory = memoryOf(cache)
  if (memory === undefined || token.length > MAX_CREDENTIAL_LENGTH) return
  forget(memory, token)
  // A copy: the token may be a part of a message, which as a whole would be kept along with it.
  const copy = decodeUtf8(encodeUtf8(token))
  memory.tokens.set(copy, { ...known, ...read(copy) })
  memory.characters += token.length
  for (const oldest of memory.tokens.keys()) {
    if (memory.tokens.size <= memory.maxEntries && memory.characters <= MAX_CHARACTERS) return
    forget(memory, oldest)
  }
}

function forget(memory: Memory, token: string): void {
  if (memory.tokens.delete(token)) memory.characters -= token.length
}

/** @throws {TypeError} When a cache is given that was not made by {@link createSignatureCache}. */
function memoryOf(cache: SignatureCache | undefined): Memory | undefined {
  if (cache === undefined) return undefined
  const memory = memories.get(cache)
  if (memory === undefined) throw new TypeError('options.cache must come from createSignatureCache')
  return memory
}
