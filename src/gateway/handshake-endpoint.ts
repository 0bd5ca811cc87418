import type { AuditLog, AuditRecord } from '../audit/index.ts'
import { ComityError } from '../errors/index.ts'
import {
  HANDSHAKE_MEDIA_TYPE,
  MAX_MESSAGE_BYTES,
  spiffeIdsOf,
  type EstablishedRun,
  type HandshakeOutcome,
  type MessageContext,
  type Responder,
} from '../handshake/index.ts'
import { readBody } from '../net/index.ts'
import type { Clock } from '../runtime/index.ts'
import { accountableFor } from './accountable.ts'
import { describeError, type GatewayLog } from './log.ts'
import { problemResponse } from './problem.ts'

/** Answers a POST to the handshake endpoint. */
export async function handshakeResponse(
  request: Request,
  { source, channel }: MessageContext,
  responder: Responder,
): Promise<Response> {
  if (request.method !== 'POST') return problemResponse(405, 'use POST', { allow: 'POST' })
  if (request.headers.get('content-type') !== HANDSHAKE_MEDIA_TYPE) {
    return problemResponse(415, `use ${HANDSHAKE_MEDIA_TYPE}`)
  }
  // Too large is for the responder to say, so that it is logged and counted like every other refusal.
  const body = await readBody(request.body, MAX_MESSAGE_BYTES)
  const answer = await responder.receive(body ?? new Uint8Array(MAX_MESSAGE_BYTES + 1), {
    source,
    ...(channel === undefined ? {} : { channel }),
  })
  return new Response(answer.body, {
    status: answer.status,
    headers: { 'content-type': answer.mediaType, 'cache-control': 'no-store' },
  })
}

/**
 * Writes how a handshake ended to the log, with the fine reason that the peer is not told. Accepted ones go into the
 * audit log too; refusals do not, for strangers could fill it: records are for good.
 */
export async function recordOutcome(
  outcome: HandshakeOutcome,
  { audit, log, clock }: { readonly audit: AuditLog; readonly log: GatewayLog; readonly clock: Clock },
): Promise<void> {
  if (outcome.kind === 'accepted') {
    const { id: session, initiator } = outcome.run
    const record = {
      actor: initiator,
      accountable: accountableFor(outcome.run),
      session,
      outcome: 'allowed',
      ...spiffeDetails(outcome.run),
    } as const
    await audit.append({ time: clock.now(), kind: 'handshake', ...record })
    log({ level: 'info', event: 'handshake.accepted', peer: initiator, session })
    return
  }
  const { error, reason, peer, source } = outcome
  const { code, details } = describeError(error)
  log({
    level: error instanceof ComityError ? 'warn' : 'error',
    event: 'handshake.refused',
    ...(peer === undefined ? {} : { peer }),
    ...(code === undefined ? {} : { code }),
    details: { ...details, reason, source },
  })
}

/** Names the workload in a record: a SPIFFE ID is an identifier, as a DID is. At most four are shown. */
function spiffeDetails({ svids }: EstablishedRun): Pick<AuditRecord, 'details'> {
  const ids = spiffeIdsOf(svids).map(
    (id, index) => [index === 0 ? 'spiffeId' : `spiffeId.${index + 1}`, id] as const,
  )
  return ids.length === 0 ? {} : { details: Object.fromEntries(ids) }
}
