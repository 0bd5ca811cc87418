import { createHash } from 'node:crypto'
import { parseJsonObject } from '../../src/encoding/index.ts'
import { ComityError, PeerError } from '../../src/errors/index.ts'
import { createInitiator, HANDSHAKE_MEDIA_TYPE, type EvidenceTrust } from '../../src/handshake/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import type { GuardedFetch } from '../../src/net/index.ts'
import { createDpopProof } from '../../src/session/index.ts'
import type { Wallet } from '../../src/wallet/index.ts'
import { PARTNER_DEMAND, REQUEST } from '../support/demands.ts'
import type { CallLine, HandshakeLine, Recorder, Target } from './record.ts'

/** What all clients share. */
export interface ClientSurroundings {
  readonly fetch: GuardedFetch
  readonly evidence: EvidenceTrust
  readonly recorder: Recorder
  readonly gateway: string
  /** The origin that proofs are for, and that each target is reached at. */
  readonly origin: string
  readonly origins: Readonly<Record<Target, string>>
}

/** An agent that was enrolled. */
export interface Client {
  readonly did: string
  readonly wallet: Wallet
  readonly evidenceEndsAt: number
  /** When the posture in the wallet is older than the demand allows; absent where that is far away. */
  readonly postureEndsAt?: number
  /** A posture that was assessed later, which is not in the wallet yet. */
  readonly fresh?: string
}

/** A token, and when it ends. */
export interface Token {
  readonly value: string
  readonly endsAt: number
}

/** A session, as its client has it. Unlike an `AgentSession` it sends what it should not, too. */
export interface ClientSession {
  readonly id: string
  readonly client: Client
  readonly key: Signer
  readonly openedAt: number
  readonly renewUrl: string | undefined
  token: Token
}

/** A request as it went over the wire, to be sent again. */
export interface SentRequest {
  readonly session: ClientSession
  readonly token: Token
  readonly method: Method
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly proof: string
}

type Method = 'GET' | 'POST' | 'DELETE'

/** How long clients wait. */
export const TIMEOUT_MS = 5000
/** What they ask for. */
export const PATH = '/invoices/2026-10'
const REFUSED = new Set(['COMITY_PEER_REJECTED', 'COMITY_PEER_REFUSED'])
const ABOUT_THE_AGENT = new Set(['evidence', 'policy', 'authentication'])

/** Runs a handshake with one of the gateways. Gives the session, or undefined where there is none. */
export async function connect(
  client: Client,
  target: Target,
  surroundings: ClientSurroundings,
  phase: CallLine['phase'] = 'load',
): Promise<ClientSession | undefined> {
  return tryHandshake(client, target, phase, surroundings, () => runHandshake(client, target, surroundings))
}

/** Runs a handshake, by whatever hand, and writes down what came of it. */
export async function tryHandshake<Session extends { readonly id: string }>(
  client: Client,
  target: Target,
  phase: CallLine['phase'],
  { recorder }: ClientSurroundings,
  run: () => Promise<Session>,
): Promise<Session | undefined> {
  const line = { kind: 'handshake', agent: client.did, target, sentAt: Date.now(), phase } as const
  try {
    const session = await run()
    recorder.write({ ...line, answeredAt: Date.now(), outcome: 'accepted', session: session.id })
    return session
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    const { code, details } = error
    const answeredAt = Date.now()
    recorder.write({
      ...line,
      answeredAt,
      outcome: outcomeOf(error),
      code: `${code} ${String(details['reason'] ?? '')}`,
    })
    return undefined
  }
}

function outcomeOf({ code, details }: ComityError): HandshakeLine['outcome'] {
  if (code === 'COMITY_DEMAND_UNMET') return 'unable'
  return REFUSED.has(code) && ABOUT_THE_AGENT.has(String(details['reason'])) ? 'refused' : 'failed'
}

async function runHandshake(
  client: Client,
  target: Target,
  { fetch, evidence, gateway, origins }: ClientSurroundings,
): Promise<ClientSession> {
  const { did, wallet } = client
  const initiator = createInitiator({
    did,
    peer: gateway,
    wallet,
    evidence,
    demand: PARTNER_DEMAND,
    request: REQUEST,
  })
  const post = async (body: string): Promise<Uint8Array> => {
    const response = await fetch(`${origins[target]}/comity/handshake`, {
      method: 'POST',
      headers: { 'content-type': HANDSHAKE_MEDIA_TYPE, accept: HANDSHAKE_MEDIA_TYPE },
      body,
      maxBytes: 262_144,
      timeoutMs: TIMEOUT_MS,
    })
    if (response.status === 200) return response.body
    const reason = String(parseJsonObject(response.body)['code'])
    throw new PeerError('COMITY_PEER_REFUSED', 'the handshake was refused', { details: { reason } })
  }
  const offer = await post(await initiator.hello())
  const { grant, sessionKey } = await initiator.finish(await post(await initiator.present(offer)))
  return {
    id: grant.id,
    client,
    key: sessionKey,
    openedAt: Date.now(),
    renewUrl: grant.renew,
    token: { value: grant.accessToken, endsAt: grant.expiresAt * 1000 },
  }
}

/** Makes a request of a session, which nobody has sent yet. */
export async function prepare(
  session: ClientSession,
  { origin }: ClientSurroundings,
  options: { readonly method?: Method; readonly path?: string; readonly token?: Token } = {},
): Promise<SentRequest> {
  const { method = 'GET', path = PATH, token = session.token } = options
  const proof = await createDpopProof({
    signer: session.key,
    method,
    url: origin + path,
    accessToken: token.value,
  })
  const headers = { authorization: `DPoP ${token.value}`, dpop: proof }
  return { session, token, method, path, headers, proof: nameOf(proof) }
}

/** What a proof is called in the record. */
export function nameOf(proof: string): string {
  return createHash('sha256').update(proof).digest('base64url').slice(0, 16)
}

/** What lines about a client's requests have in common. */
export function lineOf(
  { did, evidenceEndsAt }: Client,
  how: Pick<CallLine, 'purpose' | 'phase' | 'target'>,
): Pick<CallLine, 'kind' | 'agent' | 'evidenceEndsAt' | 'purpose' | 'phase' | 'target'> {
  return { kind: 'call', agent: did, evidenceEndsAt, ...how }
}

/** Sends a request, once more if need be, and writes down what came of it. */
export async function send(
  request: SentRequest,
  target: Target,
  { fetch, origins, recorder }: ClientSurroundings,
  how: Pick<CallLine, 'purpose'> & { readonly phase?: CallLine['phase'] },
): Promise<{ readonly status: number | undefined; readonly body: Uint8Array }> {
  const { session, token, method, path, headers, proof } = request
  const sentAt = Date.now()
  const answer = await fetch(`${origins[target]}${path}`, {
    method,
    headers,
    timeoutMs: TIMEOUT_MS,
    share: false,
  }).catch((error: unknown) => {
    if (error instanceof ComityError) return undefined
    throw error
  })
  recorder.write({
    ...lineOf(session.client, { phase: 'load', ...how, target }),
    session: session.id,
    proof,
    sentAt,
    answeredAt: Date.now(),
    ...(answer === undefined ? {} : { status: answer.status }),
    openedAt: session.openedAt,
    tokenEndsAt: token.endsAt,
  })
  return { status: answer?.status, body: answer?.body ?? new Uint8Array() }
}

/** Takes a new token for the session. Gives the status. */
export async function renew(
  session: ClientSession,
  target: Target,
  surroundings: ClientSurroundings,
): Promise<number | undefined> {
  if (session.renewUrl === undefined) return undefined
  const path = new URL(session.renewUrl).pathname
  const request = await prepare(session, surroundings, { method: 'POST', path })
  const { status, body } = await send(request, target, surroundings, { purpose: 'renewal' })
  if (status !== 200) return status
  const { access_token: value, exp } = parseJsonObject(body)
  session.token = { value: String(value), endsAt: Number(exp) * 1000 }
  return status
}

/** Closes the session. Gives the status. */
export async function end(
  session: ClientSession,
  target: Target,
  surroundings: ClientSurroundings,
): Promise<number | undefined> {
  if (session.renewUrl === undefined) return undefined
  const request = await prepare(session, surroundings, {
    method: 'DELETE',
    path: new URL(session.renewUrl).pathname,
  })
  return (await send(request, target, surroundings, { purpose: 'end' })).status
}
