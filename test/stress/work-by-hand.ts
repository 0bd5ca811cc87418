import {
  connect,
  end,
  prepare,
  renew,
  send,
  type Client,
  type ClientSession,
  type ClientSurroundings,
  type SentRequest,
  type Token,
} from './client-session.ts'
import { anyTarget, type Worker } from './life.ts'
import { TOLERANCE_MS } from './plan.ts'

const COPIES = 8
const BOTH = ['one', 'two'] as const

/** An agent that makes its requests by hand. */
export function workByHand(client: Client, surroundings: ClientSurroundings, first?: ClientSession): Worker {
  const sent: SentRequest[] = []
  const old: Token[] = []
  let session = first

  const callBoth = async (current: ClientSession): Promise<void> => {
    await Promise.all(
      BOTH.map(async (target) =>
        send(await prepare(current, surroundings), target, surroundings, { purpose: 'call' }),
      ),
    )
  }
  return {
    agent: client.did,
    isConnected: () => session !== undefined,
    act: async () => {
      session ??= await connect(client, anyTarget(), surroundings)
      if (session === undefined) return
      const status = await act(session, { sent, old }, surroundings)
      // A brief agent goes on with what it has: it must be refused.
      if (status === 401 && Date.now() < client.evidenceEndsAt) session = undefined
    },
    renew: async () => {
      if (session !== undefined) await renew(session, 'one', surroundings)
    },
    close: async () => {
      if (session === undefined) return
      await end(session, anyTarget(), surroundings)
      await callBoth(session)
      session = undefined
    },
    insist: async (mayVary) => {
      if (session === undefined) return
      await callBoth(session)
      // A new token or session is none of the gateways' to give, either; if one does, it is used.
      const dice = mayVary ? Math.random() : 1
      if (dice < 0.2) await renew(session, anyTarget(), surroundings)
      else if (dice < 0.4) session = (await connect(client, anyTarget(), surroundings)) ?? session
    },
    tryAt: async (target, phase) => {
      if (session === undefined) return
      await send(await prepare(session, surroundings), target, surroundings, { purpose: 'call', phase })
      await connect(client, target, surroundings, phase)
    },
  }
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

async function toBoth(request: SentRequest, surroundings: ClientSurroundings): Promise<void> {
  await Promise.all(BOTH.map((target) => send(request, target, surroundings, { purpose: 'copy' })))
}
