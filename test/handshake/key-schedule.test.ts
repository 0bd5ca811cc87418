import { x25519 } from '@noble/curves/ed25519.js'
import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/handshake/key-schedule.json' with { type: 'json' }
import { parseDidDocument } from '../../src/did/index.ts'
import { decodeBase64url, lengthPrefixed } from '../../src/encoding/index.ts'
import { openBox, type BoxDirection } from '../../src/handshake/box.ts'
import { parseHello, parseOfferClear, parseSidClear } from '../../src/handshake/clear-parts.ts'
import { parseBoxedEnvelope, parseEnvelope } from '../../src/handshake/envelope.ts'
import { deriveKeys, deriveSessionId, type KeySchedule } from '../../src/handshake/key-schedule.ts'
import { parseAnswerClaims, parseOfferClaims, parsePresentClaims } from '../../src/handshake/messages.ts'
import { verifySessionKey } from '../../src/handshake/session-key.ts'
import { verifyMessage, type CheckedMessage, type MessageName } from '../../src/handshake/signed-message.ts'
import { extendTranscript, transcriptOfClear } from '../../src/handshake/transcript.ts'
import { sha256 } from '../../src/runtime/index.ts'
import { fromHex, toHex } from '../encoding/hex.ts'

// The vectors were made by a program written from docs/spec/handshake.md alone, in another language.

describe('the length-prefixed encoding', () => {
  it('puts the length of each item before it, in four bytes', () => {
    expect(toHex(lengthPrefixed('a', new Uint8Array(0), 'ü'))).toBe(
      '0000000161' + '00000000' + '00000002c3bc',
    )
    expect(toHex(lengthPrefixed())).toBe('')
  })

  it('is another one for another split of the same bytes', () => {
    expect(toHex(lengthPrefixed('ab', 'c'))).not.toBe(toHex(lengthPrefixed('a', 'bc')))
  })
})

describe('the key schedule', () => {
  it.each(vectors.cases)('$id ($spec)', ({ input, expect: expected }) => {
    const { version, sharedSecret, clear1, clear2, j2, j3, j4 } = input
    const h0 = sha256(lengthPrefixed(version))
    const h1 = sha256(lengthPrefixed(h0, decodeBase64url(clear1)))
    const h2 = transcriptOfClear(version, decodeBase64url(clear1), decodeBase64url(clear2))
    const h3 = extendTranscript(h2, j2)
    const h4 = extendTranscript(h3, j3)
    const keys = deriveKeys(version, fromHex(sharedSecret), h2)
    expect({
      h0: toHex(h0),
      h1: toHex(h1),
      h2: toHex(h2),
      h3: toHex(h3),
      h4: toHex(h4),
      h5: toHex(extendTranscript(h4, j4)),
      prk: toHex(keys.prk),
      r2i: toHex(keys.r2i),
      i2r: toHex(keys.i2r),
      sessionId: deriveSessionId(keys, h4),
    }).toEqual(expected)
  })
})

describe('the run of the vectors', () => {
  const { run, cases } = vectors
  const [first] = cases
  const bodies = run.messages.map((body) => new TextEncoder().encode(body))
  const [hello, offer, present, accept] = bodies as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const { input, expect: expected } = first as (typeof cases)[0]
  const keys: KeySchedule = {
    version: input.version,
    prk: fromHex(expected.prk),
    r2i: fromHex(expected.r2i),
    i2r: fromHex(expected.i2r),
  }

  const open = (body: Uint8Array, dir: BoxDirection, seq: number): Promise<string> =>
    openBox(parseBoxedEnvelope(body).box, keys[dir], { sid: run.sid, dir, seq })

  const documentOf = (did: string) => {
    const publicKeyJwk = did === run.responder ? run.keys.responder : run.keys.initiator
    const id = did === run.responder ? `${did}#key-1` : `${did}#${did.slice('did:key:'.length)}`
    const verificationMethod = [{ id, type: 'JsonWebKey', controller: did, publicKeyJwk }]
    return Promise.resolve(parseDidDocument({ id: did, verificationMethod, authentication: [id] }, did))
  }

  const check = (jws: string, name: MessageName, hash: string, self: string): Promise<CheckedMessage> =>
    verifyMessage(jws, {
      names: [name],
      hash: fromHex(hash),
      self,
      addressed: name !== 'offer',
      documentOf,
      channel: { of: undefined, isRequired: false, ignoresUnknown: false },
      now: run.now,
    })

  it('agrees on the shared secret', () => {
    const { initiatorEphemeral, responderEphemeral } = run.keys
    const { shares, to } = parseHello(parseEnvelope(hello).clear)
    const { share, sid } = parseOfferClear(parseEnvelope(offer).clear)
    expect({ to, sid }).toEqual({ to: run.responder, sid: run.sid })
    expect(toHex(x25519.getPublicKey(fromHex(initiatorEphemeral)))).toBe(
      toHex(shares.get('X25519') ?? new Uint8Array(0)),
    )
    expect(toHex(x25519.getSharedSecret(fromHex(initiatorEphemeral), share))).toBe(input.sharedSecret)
    expect(toHex(x25519.getPublicKey(fromHex(responderEphemeral)))).toBe(toHex(share))
  })

  it('has an offer whose box opens and whose message verifies', async () => {
    const jws = await open(offer, 'r2i', 0)
    expect(jws).toBe(input.j2)
    const { claims, issuer } = await check(jws, 'offer', expected.h2, run.initiator)
    expect(issuer).toBe(run.responder)
    expect(parseOfferClaims(claims).demand).toEqual({ anyone: true })
  })

  it('has a present whose box opens, whose message verifies, and which proves its session key', async () => {
    const jws = await open(present, 'i2r', 0)
    expect(jws).toBe(input.j3)
    const { claims, issuer } = await check(jws, 'present', expected.h3, run.responder)
    expect(issuer).toBe(run.initiator)
    const { cnfJwk, cnfProof, request } = parsePresentClaims(claims)
    expect(request).toEqual([{ type: 'invoices', actions: ['read'] }])
    const context = {
      hash: fromHex(expected.h3),
      initiator: run.initiator,
      responder: run.responder,
      now: run.now,
    }
    expect(await verifySessionKey(cnfJwk, cnfProof, context)).toBe(run.jkt)
  })

  it('has an accept whose box opens, whose message verifies, and whose session is that of the run', async () => {
    expect(parseSidClear(parseEnvelope(accept).clear)).toBe(run.sid)
    const jws = await open(accept, 'r2i', 1)
    expect(jws).toBe(input.j4)
    const { claims } = await check(jws, 'accept', expected.h4, run.initiator)
    const answer = parseAnswerClaims('accept', claims)
    expect(answer).toMatchObject({ session: { id: expected.sessionId, jkt: run.jkt } })
  })

  it('has boxes that open nowhere else', async () => {
    await expect(open(offer, 'r2i', 1)).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_BOX')
    await expect(open(present, 'r2i', 0)).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_BOX')
  })
})
