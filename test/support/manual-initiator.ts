import type { JsonObject } from '../../src/encoding/index.ts'
import { generateSigner, parseJws, signJws, type Signer } from '../../src/keys/index.ts'
import { randomBytes, randomId } from '../../src/runtime/index.ts'
import { openBox, sealBox, type BoxPosition } from '../../src/handshake/box.ts'
import { helloClear, parseOfferClear, type OfferClear } from '../../src/handshake/clear-parts.ts'
import { encodeClear, encodeEnvelope, parseBoxedEnvelope } from '../../src/handshake/envelope.ts'
import { deriveKeys, type KeySchedule } from '../../src/handshake/key-schedule.ts'
import { HANDSHAKE_VERSION } from '../../src/handshake/registry.ts'
import { proveSessionKey } from '../../src/handshake/session-key.ts'
import { x25519, type PendingAgreement, type Suite } from '../../src/handshake/suite.ts'
import { extendTranscript, transcriptClaim, transcriptOfClear } from '../../src/handshake/transcript.ts'

/** Who the initiator is, and what it would honestly say. */
export interface ManualIdentity {
  readonly did: string
  readonly signer: Signer
  readonly peer: string
  readonly evidence: readonly JsonObject[]
  readonly demand: JsonObject
  readonly request: readonly JsonObject[]
  readonly versions?: readonly string[]
  readonly suites?: readonly Suite[]
}

/** What of an honest `present` is to be changed before it is signed and sealed. */
export interface PresentChanges {
  readonly claims?: (honest: JsonObject) => JsonObject
  readonly signer?: Signer
  readonly typ?: string
  readonly position?: Partial<BoxPosition>
  readonly key?: Uint8Array
  /** Replaces the whole JWS. */
  readonly jws?: string
}

/** An initiator that can be told to lie in any one thing, and is honest in all others. */
export interface ManualInitiator {
  /** The body of message 1. */
  readonly hello: string
  /** Reads message 2. */
  readOffer(body: Uint8Array): Promise<{ clear: OfferClear; jws: string; claims: JsonObject }>
  /** The body of message 3. */
  present(changes?: PresentChanges): Promise<string>
  /** Reads message 4: its claims. */
  readAnswer(body: Uint8Array): Promise<JsonObject>
  /** The session key. */
  readonly sessionKey: Signer
  /** After the offer: the run's keys and transcript hash (H3). */
  run(): { readonly keys: KeySchedule; readonly hash: Uint8Array; readonly sid: string }
}

/** Makes one. `clear` may change the hello's object before it is encoded. */
export async function createManualInitiator(
  identity: ManualIdentity,
  clear: (honest: JsonObject) => JsonObject = (honest) => honest,
): Promise<ManualInitiator> {
  const { versions = [HANDSHAKE_VERSION], suites = [x25519] } = identity
  const pending = new Map<string, PendingAgreement>()
  for (const suite of suites) pending.set(suite.name, await suite.start())
  const helloBytes = encodeClear(
    clear(
      helloClear({
        versions,
        suites: suites.map(({ name }) => name),
        shares: new Map([...pending].map(([name, { share }]) => [name, share])),
        nonce: randomBytes(32),
        to: identity.peer,
      }),
    ),
  )
  const sessionKey = await generateSigner({ alg: 'Ed25519' })
  let state: { keys: KeySchedule; hash: Uint8Array; sid: string } | undefined
  let after: Uint8Array | undefined

  const run = (): { keys: KeySchedule; hash: Uint8Array; sid: string } => {
    if (state === undefined) throw new TypeError('readOffer comes first')
    return state
  }

  return {
    hello: encodeEnvelope(helloBytes),
    sessionKey,
    run,
    async readOffer(body) {
      const envelope = parseBoxedEnvelope(body)
      const offer = parseOfferClear(envelope.clear)
      const agreement = pending.get(offer.suite)
      if (agreement === undefined) throw new TypeError('the suite was not offered')
      const secret = await agreement.finish(offer.share)
      const hash = transcriptOfClear(offer.version, helloBytes, envelope.clearBytes)
      const keys = deriveKeys(offer.version, secret, hash)
      const jws = await openBox(envelope.box, keys.r2i, { sid: offer.sid, dir: 'r2i', seq: 0 })
      state = { keys, hash: extendTranscript(hash, jws), sid: offer.sid }
      return { clear: offer, jws, claims: parseJws(jws).claims }
    },
    async present(changes = {}) {
      const { keys, hash, sid } = run()
      const now = Math.floor(Date.now() / 1000)
      const honest: JsonObject = {
        msg: 'present',
        iss: identity.did,
        aud: identity.peer,
        iat: now,
        exp: now + 120,
        jti: randomId(),
        th: transcriptClaim(hash),
        supported: { versions, suites: suites.map(({ name }) => name) },
        evidence: identity.evidence,
        demand: identity.demand,
        request: identity.request,
        cnf: { jwk: { ...sessionKey.publicJwk } },
        cnf_proof: await proveSessionKey(sessionKey, {
          hash,
          initiator: identity.did,
          responder: identity.peer,
          now,
        }),
      }
      const jws =
        changes.jws ??
        (await signJws({
          header: { typ: changes.typ ?? 'comity-hs+jwt' },
          payload: changes.claims?.(honest) ?? honest,
          signer: changes.signer ?? identity.signer,
        }))
      after = extendTranscript(hash, jws)
      const box = await sealBox(jws, changes.key ?? keys.i2r, {
        sid,
        dir: 'i2r',
        seq: 0,
        ...changes.position,
      })
      return encodeEnvelope(encodeClear({ sid }), box)
    },
    async readAnswer(body) {
      const { keys, sid } = run()
      const envelope = parseBoxedEnvelope(body)
      const { claims } = parseJws(await openBox(envelope.box, keys.r2i, { sid, dir: 'r2i', seq: 1 }))
      if (after === undefined || claims.th !== transcriptClaim(after))
        throw new TypeError('the answer is of another run')
      return claims
    },
  }
}
