import type { JsonObject } from '../encoding/index.ts'
import { signJws, type Signer } from '../keys/index.ts'
import type { LoggedEvent } from './event-log.ts'
import { EVENT_TYP, EVENT_TYPES } from './event.ts'
import { digestOf } from './store-keys.ts'

/**
 * Signs an event for one audience.
 *
 * The `jti` is the same each time the event is told to that audience, so that it can tell a repetition, and tells
 * other audiences nothing.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8417#section-2 | RFC 8417 §2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9493#section-3.2.5 | RFC 9493 §3.2.5}
 * @see {@link https://openid.net/specs/openid-caep-1_0-final.html | CAEP 1.0 §3.1 and §3.3}
 */
export async function signEvent(
  event: LoggedEvent,
  { signer, issuer, audience, now }: { signer: Signer; issuer: string; audience: string; now: number },
): Promise<string> {
  const occurredAt = Math.floor(event.occurredAt)
  const payload: JsonObject = {
    iss: issuer,
    aud: audience,
    iat: Math.floor(now),
    jti: digestOf(event.id, audience),
    toe: occurredAt,
    sub_id: { format: 'did', url: event.subject },
    events: {
      [EVENT_TYPES[event.kind]]: {
        event_timestamp: occurredAt,
        reason_admin: { en: event.reason },
        ...(event.kind === 'credential-change'
          ? { credential_type: 'verifiable-credential', change_type: 'revoke' }
          : {}),
        ...(event.credentialDigest === undefined ? {} : { credential_digest: event.credentialDigest }),
      },
    },
  }
  return await signJws({ header: { typ: EVENT_TYP }, payload, signer })
}
