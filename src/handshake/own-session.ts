import { VerificationError } from '../errors/index.ts'
import { MAX_SESSION_SECONDS } from './bounds.ts'
import { deriveSessionId, type KeySchedule } from './key-schedule.ts'
import type { SessionGrant } from './messages.ts'
import { CLOCK_SKEW } from './signed-message.ts'

/** What the session of a run must fit. */
export interface OwnRun {
  readonly keys: KeySchedule
  /** `H4`. */
  readonly hash: Uint8Array
  /** Thumbprint of the initiator's session key. */
  readonly sessionJkt: string
}

/**
 * Asserts that a session is the one of this run: of its key, its name, and within its time.
 *
 * @throws {VerificationError} `COMITY_HANDSHAKE_SESSION_KEY`, `COMITY_HANDSHAKE_SESSION`.
 */
export function assertOwnSession(
  session: SessionGrant,
  { keys, hash, sessionJkt }: OwnRun,
  now: number,
): void {
  if (session.jkt !== sessionJkt) {
    throw new VerificationError('COMITY_HANDSHAKE_SESSION_KEY', 'the session is bound to another key', {
      spec: 'comity handshake, messages',
    })
  }
  const lives =
    session.expiresAt > now - CLOCK_SKEW && session.expiresAt <= now + MAX_SESSION_SECONDS + CLOCK_SKEW
  if (session.id !== deriveSessionId(keys, hash) || !lives) {
    throw new VerificationError('COMITY_HANDSHAKE_SESSION', 'the session is not the one of this run', {
      spec: 'comity handshake, transcript and keys',
    })
  }
}
