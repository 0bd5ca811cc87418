const DEFAULT_MAX_ENTRIES = 4096
const MAX_ENTRIES_CEILING = 1_000_000

/**
 * Remembers which tokens were verified with which key, so that the signature of a credential that is shown again and
 * again is checked once.
 *
 * What is remembered is the SHA-256 of the *whole token* and the thumbprint of the key, nothing that the token says
 * about itself: a forged token with the `id` of a good one is another token. Everything but the signature is checked
 * each time, also whether the key still is the issuer's.
 *
 * Opaque: nobody but the verifier can add to one.
 */
export interface SignatureCache {
  /** How many signatures are remembered now. */
  readonly size: number
}

interface Memory {
  readonly maxEntries: number
  /** Thumbprint of the key by digest of the token, the one used longest ago first. */
  readonly keys: Map<string, string>
}

const memories = new WeakMap<SignatureCache, Memory>()

/**
 * Makes an empty cache.
 *
 * @param options - `maxEntries` is how many signatures to remember, 1 to 1000000, about 300 bytes each; 4096 by
 *   default. The one used longest ago goes first.
 * @throws {TypeError} When `maxEntries` is out of range.
 */
export function createSignatureCache(options: { readonly maxEntries?: number } = {}): SignatureCache {
  const { maxEntries = DEFAULT_MAX_ENTRIES } = options
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1 || maxEntries > MAX_ENTRIES_CEILING) {
    throw new TypeError(`options.maxEntries must be 1 to ${String(MAX_ENTRIES_CEILING)}`)
  }
  const keys = new Map<string, string>()
  const cache: SignatureCache = Object.freeze({
    get size() {
      return keys.size
    },
  })
  memories.set(cache, { maxEntries, keys })
  return cache
}

/** Says whether a token was verified with this key before. */
export function isRemembered(cache: SignatureCache | undefined, digest: string, thumbprint: string): boolean {
  const keys = memoryOf(cache)?.keys
  if (keys?.get(digest) !== thumbprint) return false
  keys.delete(digest)
  keys.set(digest, thumbprint)
  return true
}

/** Remembers a token that was just verified with this key. */
export function remember(cache: SignatureCache | undefined, digest: string, thumbprint: string): void {
  const memory = memoryOf(cache)
  if (memory === undefined) return
  memory.keys.delete(digest)
  memory.keys.set(digest, thumbprint)
  for (const oldest of memory.keys.keys()) {
    if (memory.keys.size <= memory.maxEntries) return
    memory.keys.delete(oldest)
  }
}

/** @throws {TypeError} When a cache is given that was not made by {@link createSignatureCache}. */
function memoryOf(cache: SignatureCache | undefined): Memory | undefined {
  if (cache === undefined) return undefined
  const memory = memories.get(cache)
  if (memory === undefined) throw new TypeError('options.cache must come from createSignatureCache')
  return memory
}
