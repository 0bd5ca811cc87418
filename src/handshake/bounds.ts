import { createFetchBudget, type FetchBudget } from '../net/index.ts'

/** Longest life of a session before it is renewed, in seconds. */
export const MAX_SESSION_SECONDS = 900

/** Bounds the look-ups that a peer can cause in one run: 32 requests, 16 MiB, 15 seconds. */
export function handshakeBudget(): FetchBudget {
  return createFetchBudget({ requests: 32, bytes: 16 * 1024 * 1024, timeoutMs: 15_000 })
}
