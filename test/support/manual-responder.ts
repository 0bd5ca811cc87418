import type { JsonObject } from '../../src/encoding/index.ts'
import { jwkThumbprint, parseJws, parsePublicJwk, signJws, type Signer } from '../../src/keys/index.ts'
import { randomBytes, randomId } from '../../src/runtime/index.ts'
import { openBox, sealBox, type BoxPosition } from '../../src/handshake/box.ts'
import { offerClear, parseHello } from '../../src/handshake/clear-parts.ts'
import { encodeClear, encodeEnvelope, parseEnvelope } from '../../src/handshake/envelope.ts'
import { deriveKeys, deriveSessionId, type KeySchedule } from '../../src/handshake/key-schedule.ts'
import { HANDSHAKE_VERSION } from '../../src/handshake/registry.ts'
import { x25519, type Suite } from '../../src/handshake/suite.ts'
import { extendTranscript, transcriptClaim, transcriptOfClear } from '../../src/handshake/transcript.ts'

/** What of an honest message is to be changed before it is signed and sealed. */
export interface MessageChanges {
  readonly claims?: (honest: JsonObject) => JsonObject
  readonly signer?: Signer
  readonly typ?: string
  readonly position?: Partial<BoxPosition>
}

/** How the responder lies; in everything else it is honest. */
export interface ManualResponderOptions {
  readonly did: string
  readonly signer: Signer
  readonly demand: JsonObject
  readonly evidence?: readonly JsonObject[]
  readonly versions?: readonly string[]
  readonly suites?: readonly Suite[]
  /** Instead of the best version and suite. */
  readonly choice?: { readonly version: string; readonly suite: Suite }
  readonly offerClear?: (honest: JsonObject) => JsonObject
  readonly offer?: MessageChanges
  readonly answer?: MessageChanges
  /** Sees the claims of the initiator's `present`. */
  readonly onPresent?: (claims: JsonObject) => void
  /** Makes evidence for the offer, whose `th` will be of this hash, from the bytes of the hello's `clear`. */
  readonly offerEvidence?: (hash: Uint8Array, hello: Uint8Array) => Promise<readonly JsonObject[]>
  /** Makes evidence for the answer, whose `th` will be of this hash. */
  readonly answerEvidence?: (hash: Uint8Array) => Promise<readonly JsonObject[]>
}

/** A responder that can be told to lie in any one thing. Gives the body for each message it gets. */
export function createManualResponder(
  options: ManualResponderOptions,
): (body: Uint8Array) => Promise<string> {
  const { did, signer, versions = [HANDSHAKE_VERSION], suites = [x25519] } = options
  const runs = new Map<string, { keys: KeySchedule; hash: Uint8Array }>()

  async function seal(
    name: string,
    run: { keys: KeySchedule; hash: Uint8Array; sid: string; seq: number },
    own: JsonObject,
    changes: MessageChanges = {},
  ): Promise<{ jws: string; box: string }> {
    const now = Math.floor(Date.now() / 1000)
    const honest: JsonObject = {
      msg: name,
      iss: did,
      iat: now,
      exp: now + 120,
      jti: randomId(),
      th: transcriptClaim(run.hash),
      ...own,
    }
    const jws = await signJws({
      header: { typ: changes.typ ?? 'comity-hs+jwt' },
      payload: changes.claims?.(honest) ?? honest,
      signer: changes.signer ?? signer,
    })
    const { sid, seq } = run
    return { jws, box: await sealBox(jws, run.keys.r2i, { sid, dir: 'r2i', seq, ...changes.position }) }
  }

  async function offer(clear: JsonObject, clearBytes: Uint8Array): Promise<string> {
    const hello = parseHello(clear)
    const [bestVersion, bestSuite] = [versions[0], suites[0]]
    if (bestVersion === undefined || bestSuite === undefined) throw new TypeError('nothing to choose from')
    const { version, suite } = options.choice ?? { version: bestVersion, suite: bestSuite }
    const { share, secret } = await suite.respond(hello.shares.get(suite.name) ?? new Uint8Array())
    const sid = randomId()
    const honest = offerClear({ version, suite: suite.name, share, nonce: randomBytes(32), sid })
    const bytes = encodeClear(options.offerClear?.(honest) ?? honest)
    const hash = transcriptOfClear(version, clearBytes, bytes)
    const keys = deriveKeys(version, secret, hash)
    const own: JsonObject = {
      supported: { versions, suites: suites.map(({ name }) => name) },
      evidence: (await options.offerEvidence?.(hash, clearBytes)) ?? options.evidence ?? [],
      demand: options.demand,
    }
    const { jws, box } = await seal('offer', { keys, hash, sid, seq: 0 }, own, options.offer)
    runs.set(sid, { keys, hash: extendTranscript(hash, jws) })
    return encodeEnvelope(bytes, box)
  }

  async function answer(clear: JsonObject, box: string): Promise<string> {
    const sid = String(clear.sid)
    const run = runs.get(sid)
    if (run === undefined) throw new TypeError('no such run')
    const present = await openBox(box, run.keys.i2r, { sid, dir: 'i2r', seq: 0 })
    const { claims } = parseJws(present)
    options.onPresent?.(claims)
    const hash = extendTranscript(run.hash, present)
    const { jwk } = claims.cnf as { jwk: JsonObject }
    const own: JsonObject = {
      aud: claims.iss ?? '',
      evidence: (await options.answerEvidence?.(hash)) ?? [],
      session: {
        id: deriveSessionId(run.keys, hash),
        exp: Math.floor(Date.now() / 1000) + 300,
        cnf: { jkt: jwkThumbprint(parsePublicJwk(jwk)) },
        token_type: 'DPoP',
        access_token: 'opaque',
        authorization_details: claims.request ?? [],
      },
    }
    const sealed = await seal('accept', { keys: run.keys, hash, sid, seq: 1 }, own, options.answer)
    return encodeEnvelope(encodeClear({ sid }), sealed.box)
  }

  return async (body) => {
    const { clear, clearBytes, box } = parseEnvelope(body)
    return box === undefined ? offer(clear, clearBytes) : answer(clear, box)
  }
}
