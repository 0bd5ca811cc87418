import { randomId, systemClock, type Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'

/** What nonces are made with. */
export interface DpopNoncesOptions {
  /** Where they are kept; shared by all instances of the gateway. */
  readonly store: Store
  /** How long a nonce is good, in seconds, 10 to 300. Defaults to 300. */
  readonly seconds?: number
  /** Defaults to the system clock. */
  readonly clock?: Clock
}

/** The nonces that proofs of possession have to have. One nonce is for all clients. */
export interface DpopNonces {
  /** The newest nonce: what a client is told to use. */
  current(): Promise<string>
  /** The nonces that are good now: the newest and the one before it. */
  valid(): Promise<readonly string[]>
}

const MIN_SECONDS = 10
const MAX_SECONDS = 300
// The store forgets by its own clock.
const MARGIN = 10

/**
 * Makes the source of a gateway's nonces.
 *
 * There is a new one in each half of their life, made by whichever instance needs it first: 128 random bits, which
 * nobody could have put into a proof before. So no proof can have been made longer ago than a nonce is good.
 *
 * @param options - See {@link DpopNoncesOptions}.
 * @throws {TypeError} The life is out of range.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-8 | RFC 9449 §8 and §9}
 */
export function createDpopNonces(options: DpopNoncesOptions): DpopNonces {
  const { store, seconds = MAX_SECONDS, clock = systemClock } = options
  if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)) {
    throw new TypeError('options.seconds must be 10 to 300')
  }
  const period = seconds / 2
  // What was stored for a period never changes: the last two need not be read again.
  const known = new Map<number, string>()

  const nonceOf = async (index: number): Promise<string> => {
    const remembered = known.get(index)
    if (remembered !== undefined) return remembered
    const key = `dpop-nonce/${String(seconds)}/${String(index)}`
    const expiresAt = (index + 2) * period + MARGIN
    const fresh = randomId()
    const nonce = (await store.putIfAbsent(key, fresh, { expiresAt })) ? fresh : await store.get(key)
    if (nonce === undefined) return nonceOf(index)
    for (const old of known.keys()) if (old < index - 1) known.delete(old)
    known.set(index, nonce)
    return nonce
  }
  const indexNow = (): number => Math.floor(clock.now() / period)

  return Object.freeze({
    current: () => nonceOf(indexNow()),
    valid: async () => {
      const index = indexNow()
      return [await nonceOf(index), await nonceOf(index - 1)]
    },
  })
}
