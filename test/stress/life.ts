import { setTimeout as sleep } from 'node:timers/promises'
import {
  connect,
  prepare,
  renew,
  send,
  type Client,
  type ClientSession,
  type ClientSurroundings,
  type SentRequest,
  type Token,
} from './client-session.ts'
import { between, REVOCATION_MS, TOLERANCE_MS, type Plan } from './plan.ts'
import type { Target } from './record.ts'

/** What an agent lives in. */
export interface LifeOptions {
  readonly surroundings: ClientSurroundings
  readonly plan: Plan
  /** Enrolls a new agent; a brief one has evidence that ends soon. */
  readonly enroll: (isBrief: boolean) => Promise<Client>
  /** Revokes it. Gives the time of the acknowledgement. */
  readonly revoke: (did: string) => Promise<number>
  /** Whether the load is over. */
  readonly isOver: () => boolean
}

/** An agent that was revoked, with the last of its sessions. */
export interface Departed {
  readonly client: Client
  readonly session: ClientSession
}

const BRIEF_SHARE = 0.2
const COPIES = 8

/**
 * One agent after the other, each from its enrolment past its revocation. Gives those that were revoked.
 *
 * @param first The first of them, where it is enrolled already. Once it is revoked, it calls to the end and does nothing
 *   else: a renewal would look its status up, and hide that an event was not heard.
 */
export async function liveOn(options: LifeOptions, first?: Client): Promise<readonly Departed[]> {
  const departed: Departed[] = []
  for (let next = first; !options.isOver(); next = undefined) {
    const client = next ?? (await options.enroll(Math.random() < BRIEF_SHARE))
    const session = await live(client, options)
    if (session === undefined) continue
    // Refused is then what was revoked, and not what was about to end.
    await renew(session, 'one', options.surroundings)
    const acknowledgedAt = await options.revoke(client.did)
    departed.push({ client, session })
    const lastBound = acknowledgedAt + Math.max(options.plan.leaseSeconds * 1000, REVOCATION_MS)
    await (client === first
      ? insist(session, Infinity, 0, options)
      : insist(session, lastBound + 500, 0.2, options))
  }
  return departed
}

/** Works until its time has come, or the load is over. Gives the session that it has then. */
async function live(client: Client, options: LifeOptions): Promise<ClientSession | undefined> {
  const { surroundings, plan, isOver } = options
  const end = Date.now() + between(plan.lifeMs)
  let session: ClientSession | undefined
  const sent: SentRequest[] = []
  const old: Token[] = []
  while (Date.now() < end && !isOver()) {
    session ??= await connect(client, anyTarget(), surroundings)
    if (session !== undefined) {
      const status = await act(session, { sent, old }, surroundings)
      // A brief agent goes on with what it has: it must be refused.
      if (status === 401 && Date.now() < client.evidenceEndsAt) session = undefined
    }
    await sleep(between(plan.pauseMs))
  }
  return session
}

/** Does one thing in a session. Gives the status of what should have been served, undefined where nothing came. */
async function act(
  session: ClientSession,
  { sent, old }: { readonly sent: SentRequest[]; readonly old: Token[] },
  surroundings: ClientSurroundings,
): Promise<number | undefined> {
  const dice = Math.random()
  if (dice < 0.1) {
    old.push(session.token)
    return renew(session, anyTarget(), surroundings)
  }
  if (dice < 0.2) {
    const copy = sent[Math.floor(Math.random() * sent.length)]
    if (copy === undefined) return undefined
    await toBoth(copy, surroundings)
    return undefined
  }
  if (dice < 0.25) {
    // Never sent before, and at the same time to both.
    await toBoth(await prepare(session, surroundings), surroundings)
    return undefined
  }
  const overdue = old.findIndex(({ endsAt }) => Date.now() > endsAt + TOLERANCE_MS)
  if (overdue >= 0) {
    const [token] = old.splice(overdue, 1)
    const request = await prepare(session, surroundings, token === undefined ? {} : { token })
    await send(request, anyTarget(), surroundings, { purpose: 'late' })
  }
  const isLate = Date.now() > Math.min(session.token.endsAt, session.client.evidenceEndsAt)
  const request = await prepare(session, surroundings)
  const { status } = await send(request, anyTarget(), surroundings, { purpose: isLate ? 'late' : 'call' })
  if (sent.push(request) > COPIES) sent.shift()
  return status
}

/** After its revocation the agent tries on, at both gateways; with a share of renewals, and one of new handshakes. */
async function insist(
  session: ClientSession,
  end: number,
  share: number,
  { surroundings, isOver }: LifeOptions,
): Promise<void> {
  let current = session
  while (Date.now() < end && !isOver()) {
    await Promise.all(
      (['one', 'two'] as const).map(async (target) =>
        send(await prepare(current, surroundings), target, surroundings, { purpose: 'call' }),
      ),
    )
    // A new token or session is none of the gateways' to give, either; if one does, it is used.
    const dice = Math.random()
    if (dice < share) await renew(current, anyTarget(), surroundings)
    else if (dice < 2 * share) current = (await connect(session.client, anyTarget(), surroundings)) ?? current
    await sleep(200)
  }
}

async function toBoth(request: SentRequest, surroundings: ClientSurroundings): Promise<void> {
  await Promise.all(
    (['one', 'two'] as const).map((target) => send(request, target, surroundings, { purpose: 'copy' })),
  )
}

/** At the end: the agent's session and a new handshake, at each of the gateways. */
export async function tryAtEnd(
  { client, session }: Departed,
  surroundings: ClientSurroundings,
): Promise<void> {
  for (const target of ['one', 'two'] as const) {
    await send(await prepare(session, surroundings), target, surroundings, { purpose: 'call', phase: 'end' })
    await connect(client, target, surroundings, 'end')
  }
}

function anyTarget(): Target {
  const dice = Math.random()
  if (dice < 0.6) return 'any'
  return dice < 0.8 ? 'one' : 'two'
}
