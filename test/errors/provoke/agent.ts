import { createAgent } from '../../../src/agent/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import type { GuardedFetch, GuardedResponse } from '../../../src/net/index.ts'
import { createKeyParty, noTrust } from '../../support/pair.ts'
import { REQUEST } from '../../support/world.ts'

/** An agent that connects to a peer whose endpoint answers like this. */
async function connect(answer: Pick<GuardedResponse, 'status' | 'headers' | 'body'>): Promise<unknown> {
  const [party, peer] = [await createKeyParty(), await createKeyParty()]
  const { resolver } = noTrust
  const fetch: GuardedFetch = Object.assign((url: string) => Promise.resolve({ url, ...answer }), {
    stream: () => Promise.reject(new TypeError('not used')),
    close: () => undefined,
  })
  const agent = await createAgent({
    did: party.did,
    wallet: party.wallet,
    trust: noTrust.trust,
    fetch,
    resolver: {
      ...resolver,
      resolveDocument: async (did) => ({
        ...(await resolver.resolveDocument(did)),
        service: [
          { id: `${did}#h`, type: ['ComityHandshake'], serviceEndpoint: 'https://peer.example/comity' },
        ],
      }),
    },
  })
  return agent.connect(peer.did, { request: REQUEST, demand: { anyone: true } })
}

const body = new TextEncoder().encode('{"code":"limit"}')

/** What provokes each error of an agent. */
export const agent = {
  COMITY_PEER_REFUSED: () => connect({ status: 429, headers: new Headers(), body }),
  COMITY_PEER_PROTOCOL: () =>
    connect({ status: 200, headers: new Headers({ 'content-type': 'text/html' }), body }),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
