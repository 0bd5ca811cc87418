import { createAgent, type AgentSession } from '../../src/agent/index.ts'
import { parseJsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import type { GuardedFetch, GuardedRequest, GuardedResponse } from '../../src/net/index.ts'
import { PARTNER_DEMAND, REQUEST } from '../support/demands.ts'
import {
  lineOf,
  nameOf,
  PATH,
  TIMEOUT_MS,
  tryHandshake,
  type Client,
  type ClientSurroundings,
} from './client-session.ts'
import type { CallLine, Target } from './record.ts'

/** A client on `createAgent`: the renewals, the step-ups and the repetitions are the library's own. */
export interface LibraryClient {
  /** Runs a handshake. Gives whether there is a session now. */
  connect(target: Target, phase?: CallLine['phase']): Promise<boolean>
  /** Makes a request. Gives the status of the last answer, undefined where nothing came. */
  call(target: Target, phase?: CallLine['phase']): Promise<number | undefined>
  /** Renews the session, unless the gateway refuses. */
  renew(target: Target): Promise<void>
  /** Closes the session. */
  close(): Promise<void>
}

/** What the client knows of its session: nothing that the gateway has not told it. */
interface Known {
  session?: AgentSession
  openedAt: number
  /** The ends of the tokens, in milliseconds since the epoch. */
  readonly tokens: Map<string, number>
  firstTokenEndsAt: number
  postureEndsAt: number | undefined
  target: Target
  phase: CallLine['phase']
}

/**
 * Makes a client. What it sends goes through a fetch that writes it down, request by request, as it goes over the wire,
 * and sends it to the target that was asked for.
 */
export async function createLibraryClient(
  client: Client,
  surroundings: ClientSurroundings,
): Promise<LibraryClient> {
  const { gateway, evidence } = surroundings
  const known: Known = {
    openedAt: 0,
    tokens: new Map(),
    firstTokenEndsAt: 0,
    postureEndsAt: undefined,
    target: 'any',
    phase: 'load',
  }
  const { compliance: _none, ...judging } = evidence
  const agent = await createAgent({
    did: client.did,
    wallet: client.wallet,
    ...judging,
    fetch: observed(client, known, surroundings),
  })
  let hasFresh = false
  const act = async (
    work: (session: AgentSession) => Promise<number | undefined>,
  ): Promise<number | undefined> => {
    if (known.session === undefined) return undefined
    try {
      return await work(known.session)
    } catch (error) {
      // It is written down already, as what came over the wire or did not.
      if (error instanceof ComityError) return undefined
      throw error
    }
  }
  return {
    connect: async (target, phase = 'load') => {
      Object.assign(known, { target, phase })
      const session = await tryHandshake(client, target, phase, surroundings, () =>
        agent.connect(gateway, { request: REQUEST, demand: PARTNER_DEMAND }),
      )
      if (session === undefined || phase === 'end') return session !== undefined
      Object.assign(known, { session, openedAt: Date.now(), firstTokenEndsAt: session.expiresAt * 1000 })
      known.postureEndsAt = hasFresh ? undefined : client.postureEndsAt
      // From now on the wallet has what a gateway may ask for.
      if (client.fresh !== undefined && !hasFresh)
        await client.wallet.addCredential(client.fresh, { release: 'public' })
      hasFresh = true
      return true
    },
    call: async (target, phase = 'load') => {
      Object.assign(known, { target, phase })
      return act(async (session) => (await session.fetch(PATH)).status)
    },
    renew: async (target) => {
      known.target = target
      await act(async (session) => {
        await session.renew()
        return 200
      })
    },
    close: async () => {
      await act(async (session) => {
        await session.close()
        return 204
      })
      delete known.session
    },
  }
}

function observed(client: Client, known: Known, surroundings: ClientSurroundings): GuardedFetch {
  const { fetch, origin, origins } = surroundings
  const { stream, close } = fetch
  const send = async (url: string, request: GuardedRequest = {}): Promise<GuardedResponse> => {
    if (!url.startsWith(origin)) return fetch(url, request)
    const to = origins[known.target] + url.slice(origin.length)
    const isOfSession = Object.hasOwn(request.headers ?? {}, 'dpop')
    return isOfSession ? sendOfSession(to, request, { client, known, surroundings }) : fetch(to, request)
  }
  return Object.assign(send, { stream, close })
}

async function sendOfSession(
  url: string,
  request: GuardedRequest,
  { client, known, surroundings }: { client: Client; known: Known; surroundings: ClientSurroundings },
): Promise<GuardedResponse> {
  const { fetch, recorder } = surroundings
  const { authorization = '', dpop = '' } = request.headers ?? {}
  const purpose = purposeOf(request)
  // Whether the gateway takes the fresh one is for it to say: it may, from now on.
  if (purpose === 'step-up') known.postureEndsAt = undefined
  const line = {
    ...lineOf(client, { purpose, phase: known.phase, target: known.target }),
    session: known.session?.id ?? '',
    proof: nameOf(dpop),
    sentAt: Date.now(),
    openedAt: known.openedAt,
    tokenEndsAt: known.tokens.get(authorization) ?? known.firstTokenEndsAt,
    isLibrary: true,
    ...(known.postureEndsAt === undefined ? {} : { postureEndsAt: known.postureEndsAt }),
  } as const
  try {
    const answer = await fetch(url, { ...request, timeoutMs: TIMEOUT_MS, share: false })
    recorder.write({ ...line, answeredAt: Date.now(), status: answer.status })
    if (answer.status === 200 && (purpose === 'renewal' || purpose === 'step-up')) {
      const { access_token: token, exp } = parseJsonObject(answer.body)
      known.tokens.set(`DPoP ${String(token)}`, Number(exp) * 1000)
    }
    return answer
  } catch (error) {
    recorder.write({ ...line, answeredAt: Date.now() })
    throw error
  }
}

function purposeOf({ method, body }: GuardedRequest): CallLine['purpose'] {
  if (method === 'DELETE') return 'end'
  if (method === 'POST') return body === undefined ? 'renewal' : 'step-up'
  return 'call'
}
