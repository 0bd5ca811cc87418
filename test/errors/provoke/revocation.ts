import { createDidResolver, didKeyFromJwk } from '../../../src/did/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { generateSigner, withKid } from '../../../src/keys/index.ts'
import { createGuardedFetch } from '../../../src/net/index.ts'
import {
  applyEvent,
  createEventPublisher,
  eventStreamResponse,
  verifyEvent,
  type EventPublisher,
} from '../../../src/revocation/index.ts'
import { createSessionRegistry } from '../../../src/session/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { AGENT, eventClaims, signedEvent } from '../../revocation/support.ts'
import { newSession } from '../../session/support.ts'

const GLOBEX = 'did:web:globex.example'
const resolver = createDidResolver({ fetch: createGuardedFetch() })

/** An event by a DID that no session knows. */
async function strangersEvent(change: Record<string, unknown> = {}): Promise<string> {
  const signer = await generateSigner({ alg: 'Ed25519' })
  const did = didKeyFromJwk(signer.publicJwk)
  const named = withKid(signer, `${did}#${did.slice('did:key:'.length)}`)
  return await signedEvent(named, eventClaims(did, GLOBEX, change))
}

async function makePublisher(): Promise<EventPublisher> {
  const signer = await generateSigner({ alg: 'Ed25519' })
  return createEventPublisher({ store: createMemoryStore(), signer, issuer: GLOBEX, maxSubscribers: 1 })
}

/** What provokes each error of revocation. */
export const revocation = {
  COMITY_EVENT_INVALID: async () =>
    await verifyEvent(await strangersEvent({ sub_id: undefined }), { audience: GLOBEX, resolver }),
  COMITY_EVENT_NOT_ENTITLED: async () => {
    const registry = createSessionRegistry({ store: createMemoryStore() })
    await registry.open({ ...newSession('jkt', { agent: AGENT }), expiresAt: 9_000_000_000 })
    return await applyEvent(
      await verifyEvent(await strangersEvent(), { audience: GLOBEX, resolver }),
      registry,
    )
  },
  COMITY_EVENT_LIMIT: async () => {
    const publisher = await makePublisher()
    for (const audience of ['did:web:a.example', 'did:web:b.example']) {
      await publisher.subscribe({ audience })[Symbol.asyncIterator]().next()
    }
  },
  // The answer to the peer is coarse; the code goes to the log.
  COMITY_EVENT_REQUEST_INVALID: async () => {
    const refusals: Error[] = []
    await eventStreamResponse(await makePublisher(), new Request('https://globex.example/events'), {
      admit: () => true,
      resolver,
      replay: createMemoryStore(),
      onRefused: (error) => refusals.push(error),
    })
    const [refusal] = refusals
    if (refusal !== undefined) throw refusal
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
