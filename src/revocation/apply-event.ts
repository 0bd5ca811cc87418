import { PolicyError } from '../errors/index.ts'
import type { SessionRegistry } from '../session/index.ts'
import { assertVerifiedEvent, type VerifiedEvent } from './verify-event.ts'

/**
 * Ends the sessions that an event is about, as far as its sender is entitled to end them.
 *
 * A sender may end the sessions that name it among their organizations, and those of its own DID. An event about the
 * sender itself ends all that rest on it. With a credential's digest only sessions that rest on that credential end.
 * Sessions like these are also kept from opening on evidence that was checked before.
 *
 * @param event - A verified event.
 * @param registry - Where the sessions are.
 * @returns The ids of the sessions that ended; none where there were none, or for an event of kind `other`.
 * @throws {PolicyError} `COMITY_EVENT_NOT_ENTITLED` when the subject has active sessions, and the sender may end none
 *   of them.
 * @throws {TypeError} The event was not verified.
 */
export async function applyEvent(
  event: VerifiedEvent,
  registry: SessionRegistry,
): Promise<readonly string[]> {
  assertVerifiedEvent(event)
  const { issuer, subject, kind, reason } = event
  if (kind === 'other') return []
  const credential = event.credentialDigest === undefined ? {} : { credentialDigest: event.credentialDigest }
  // Before anything ends, or nothing would be left to tell by.
  const active = await registry.find({ agent: subject })
  if (subject === issuer) {
    return [
      ...(await registry.endWhere({ agent: issuer, ...credential }, reason)),
      ...(await registry.endWhere({ organization: issuer, ...credential }, reason)),
    ]
  }
  const ended = await registry.endWhere({ agent: subject, organization: issuer, ...credential }, reason)
  const hasStanding = active.some(({ organizations }) => organizations.includes(issuer))
  if (ended.length === 0 && active.length > 0 && !hasStanding) {
    throw new PolicyError('COMITY_EVENT_NOT_ENTITLED', 'the sender may not end sessions of this subject')
  }
  return ended
}
