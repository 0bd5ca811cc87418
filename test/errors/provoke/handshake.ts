import type { Demand } from '../../../src/demand/index.ts'
import type { JsonObject } from '../../../src/encoding/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { checkChannelBinding } from '../../../src/handshake/channel.ts'
import { HANDSHAKE_VERSION, x25519 } from '../../../src/handshake/index.ts'
import { generateSigner } from '../../../src/keys/index.ts'
import type { PresentChanges } from '../../support/manual-initiator.ts'
import { createManualResponder, type ManualResponderOptions } from '../../support/manual-responder.ts'
import { createPair } from '../../support/pair.ts'

const BETTER = { ...x25519, name: 'X25519-better' }

/** A present that is good but for one thing, sent to the library's responder. */
async function present(changes: PresentChanges): Promise<Uint8Array> {
  const pair = await createPair()
  const run = await pair.manual()
  await run.readOffer(await pair.send(run.hello))
  return pair.send(await run.present(changes))
}

const claims = (members: JsonObject): PresentChanges => ({ claims: (honest) => ({ ...honest, ...members }) })

/** An answer that is good but for one thing, given to the library's initiator. */
async function answerWith(
  lies: Partial<ManualResponderOptions>,
  asked: Demand = { anyone: true },
): Promise<unknown> {
  const pair = await createPair()
  const respond = createManualResponder({ ...pair.responder, demand: { anyone: true }, ...lies })
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const run = pair.honest(asked)
  const offer = await respond(bytes(await run.hello()))
  return run.finish(bytes(await respond(bytes(await run.present(bytes(offer))))))
}

/** What provokes each error of the handshake. */
export const handshake = {
  COMITY_HANDSHAKE_TOO_LARGE: async () => (await createPair()).send(' '.repeat(65_537)),
  COMITY_HANDSHAKE_MALFORMED: async () => (await createPair()).send('{"clear":"="}'),
  COMITY_HANDSHAKE_STATE: async () => {
    const [pair, other] = [await createPair(), await createPair()]
    const run = await other.manual()
    await run.readOffer(await other.send(run.hello))
    return pair.send(await run.present())
  },
  COMITY_HANDSHAKE_VERSION: async () => {
    const pair = await createPair()
    return pair.send((await pair.manual({ versions: ['comity/0'] })).hello)
  },
  COMITY_HANDSHAKE_SUITE: async () => {
    const pair = await createPair()
    return pair.send((await pair.manual({ suites: [BETTER] })).hello)
  },
  COMITY_HANDSHAKE_FOREIGN_TO: async () => {
    const pair = await createPair()
    return pair.send((await pair.manual({ peer: 'did:web:elsewhere.example' })).hello)
  },
  COMITY_HANDSHAKE_LIMIT: async () => {
    const pair = await createPair({ limits: { burst: 1, perSecond: 0 } })
    await pair.send((await pair.manual()).hello)
    return pair.send((await pair.manual()).hello)
  },
  COMITY_HANDSHAKE_KEY_SHARE: async () => {
    const pair = await createPair()
    const start = async () => ({ ...(await x25519.start()), share: new Uint8Array(32) })
    return pair.send((await pair.manual({ suites: [{ ...x25519, start }] })).hello)
  },
  COMITY_HANDSHAKE_BOX: () => present({ position: { seq: 7 } }),
  COMITY_HANDSHAKE_TRANSCRIPT: () => present(claims({ th: 'A'.repeat(43) })),
  COMITY_CHANNEL_BINDING_UNSUPPORTED: () => present(claims({ cb: 'A'.repeat(43) })),
  COMITY_CHANNEL_BINDING_MISMATCH: () =>
    checkChannelBinding({ cb: 'A'.repeat(43) }, 'did:web:acme.example', {
      of: () => 'B'.repeat(42) + 'A',
      isRequired: false,
      ignoresUnknown: false,
    }),
  COMITY_CHANNEL_BINDING_REQUIRED: () =>
    answerWith(
      { demand: { channel: { binding: 'required' } } },
      { anyone: true, channel: { binding: 'off' } },
    ),
  COMITY_HANDSHAKE_DOWNGRADE: () =>
    present(claims({ supported: { versions: ['comity/0'], suites: [x25519.name] } })),
  COMITY_HANDSHAKE_SESSION_KEY: async () => {
    const { publicJwk } = await generateSigner({ alg: 'Ed25519' })
    return present(claims({ cnf: { jwk: { ...publicJwk } } }))
  },
  COMITY_HANDSHAKE_EVIDENCE: () => present(claims({ evidence: [{ format: 'ldp_vc', value: 'x' }] })),
  COMITY_HANDSHAKE_SPENT: async () => {
    const pair = await createPair()
    const run = await pair.manual()
    await run.readOffer(await pair.send(run.hello))
    await pair.send(await run.present())
    return pair.send(await run.present())
  },
  COMITY_HANDSHAKE_REFLECTION: async () => {
    const pair = await createPair()
    const run = await pair.manual()
    await run.readOffer(await pair.send(run.hello))
    return pair.send(await run.present(claims({ iss: pair.responder.did })))
  },
  COMITY_HANDSHAKE_PEER_MISMATCH: () =>
    answerWith({ offer: { claims: (honest) => ({ ...honest, iss: 'did:web:elsewhere.example' }) } }),
  COMITY_HANDSHAKE_KEY_CHANGED: async () => {
    const signer = await generateSigner({ alg: 'Ed25519', kid: 'did:web:elsewhere.example#key-1' })
    return answerWith({ answer: { signer } })
  },
  COMITY_HANDSHAKE_SESSION: () =>
    answerWith({
      answer: {
        claims: (honest) => ({
          ...honest,
          session: { ...(honest.session as JsonObject), id: 'AAAAAAAAAAAAAAAAAAAAAA' },
        }),
      },
    }),
  COMITY_PEER_REJECTED: () =>
    answerWith({
      versions: [HANDSHAKE_VERSION],
      answer: { claims: (honest) => ({ ...honest, msg: 'reject', reason: 'policy' }) },
    }),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
