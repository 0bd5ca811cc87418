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
import type { VerifiedComplianceProof } from '../zk/index.ts'
import { accountableFor } from './accountable.ts'
import { publishedResponse } from './host-files.ts'
import { describeError, type GatewayLog } from './log.ts'
import { problemResponse } from './problem.ts'

/** Answers a POST to the handshake endpoint; a GET with the current demand. */
export async function handshakeResponse(
  request: Request,
  { source, channel }: MessageContext,
  responder: Responder,
  told: DemandTelling,
): Promise<Response> {
  if (request.method === 'GET' || request.method === 'HEAD') {
    return demandResponse(request, { source, ...(channel === undefined ? {} : { channel }) }, responder, told)
  }
  if (request.method !== 'POST') return problemResponse(405, 'use GET or POST', { allow: 'GET, HEAD, POST' })
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
      ...detailsOf(outcome.run),
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

/** How the current demand is told. */
export interface DemandTelling {
  /** For how many seconds from now others may keep it. */
  readonly secondsLeft: () => number
  /** Is told what keeps it from being told. */
  readonly log: GatewayLog
}

/**
 * Answers a GET with the demand that a hello would be offered now: whoever makes compliance proofs ahead needs it. It is
 * told to anybody, as it is in every offer.
 */
function demandResponse(
  request: Request,
  context: MessageContext,
  responder: Responder,
  { secondsLeft, log }: DemandTelling,
): Response {
  try {
    const body = JSON.stringify(responder.currentDemand(context))
    const caching = `max-age=${String(Math.max(0, Math.floor(secondsLeft())))}`
    return publishedResponse(request, { path: '', contentType: 'application/json', body }, caching)
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    log({ level: 'error', event: 'demand.unavailable', ...describeError(error) })
    return problemResponse(503, 'there is no demand now', { 'retry-after': '5' })
  }
}

/** Names the workload in a record, and what was proven: a SPIFFE ID is an identifier, as a DID is. At most four of each. */
function detailsOf({ svids, compliance }: EstablishedRun): Pick<AuditRecord, 'details'> {
  const ids = spiffeIdsOf(svids).map((id, index) => [numbered('spiffeId', index), id] as const)
  const details = [...ids, ...compliance.flatMap(complianceDetails)]
  return details.length === 0 ? {} : { details: Object.fromEntries(details) }
}

/** What the auditor needs to open the escrow later, and what is known here of who it was. */
function complianceDetails(
  { query, anchors, epoch, pseudonym, escrow }: VerifiedComplianceProof,
  index: number,
): readonly (readonly [string, string | number])[] {
  const name = (member: string): string => numbered(`zk.${member}`, index)
  return [
    [name('query'), query],
    [name('anchors'), anchors],
    [name('epoch'), epoch],
    ...(pseudonym === undefined ? [] : [[name('pseudonym'), pseudonym] as const]),
    ...(escrow === undefined ? [] : [[name('auditor'), escrow.auditor] as const]),
    ...(escrow === undefined ? [] : [[name('escrow'), escrow.ciphertext] as const]),
  ]
}

function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}.${index + 1}`
}
