import { randomBytes } from 'node:crypto'
import {
  toBytes,
  toText,
  type RawAgreement,
  type RawCrypto,
  type RawSigner,
  type RawVerifier,
} from './raw-crypto.ts'

/** The sizes of what a real handshake signed, sealed and hashed, in bytes. */
export interface RawSizes {
  /** Payloads that are signed. */
  readonly offer: number
  readonly present: number
  readonly accept: number
  readonly sessionKeyProof: number
  readonly accessToken: number
  /** The clear parts, as they go into the transcript. */
  readonly helloClear: number
  readonly offerClear: number
}

/** The initiator's operations, message by message. */
export interface RawInitiator {
  hello(): Promise<string>
  present(offer: string): Promise<string>
  finish(answer: string): Promise<void>
}

/** The responder's operations, message by message. */
export interface RawResponder {
  offer(hello: string): Promise<string>
  answer(present: string): Promise<string>
}

/** The long-lived keys of one side, and the imported one of the other. */
export interface RawIdentity {
  readonly signer: RawSigner
  readonly peer: RawVerifier
}

const HEADER = { typ: 'comity-hs+jwt', kid: 'did:web:localhost%3A8443:agents:ledger#key-1' }
const LABELS = ['comity/1-draft r2i', 'comity/1-draft i2r'].map((label) => Buffer.from(label.padEnd(64)))
const SESSION_LABEL = Buffer.from('comity/1-draft session'.padEnd(64))

/**
 * The same operations as in a handshake of the library with warm caches, on inputs of the same size, and nothing
 * else: no parsing, no claims, no checks. What only one side does in a message, only that side does here.
 */
export function rawInitiator(crypto: RawCrypto, identity: RawIdentity, sizes: RawSizes): RawInitiator {
  let agreement: RawAgreement
  let keys: readonly Uint8Array[]
  return {
    async hello() {
      agreement = await crypto.startAgreement()
      return join(toText(agreement.share), 'h'.repeat(sizes.helloClear))
    },
    async present(offer) {
      const [share = '', sid = '', box = ''] = split(offer)
      const secret = await agreement.agree(toBytes(share))
      const hash = await transcript(crypto, sizes)
      keys = await crypto.deriveKeys(secret, hash, [...LABELS, SESSION_LABEL])
      const jws = await crypto.open(keyAt(keys, 0), box)
      await identity.peer(Buffer.from(jws).toString())
      await crypto.hash(jws)
      const session = await crypto.generateSigner()
      await crypto.hash(Buffer.from(JSON.stringify(session.publicJwk))) // its thumbprint
      const proof = await session.sign(filler(sizes.sessionKeyProof), HEADER)
      const payload = filler(sizes.present)
      const present = Buffer.from(await identity.signer.sign(payload, HEADER))
      await crypto.hash(present)
      return join(sid, await crypto.seal(keyAt(keys, 1), present, position(sid)), proof, session.publicJwk.x)
    },
    async finish(answer) {
      const jws = await crypto.open(keyAt(keys, 0), answer)
      await identity.peer(Buffer.from(jws).toString())
    },
  }
}

/** The responder's part of {@link rawInitiator}. */
export function rawResponder(
  crypto: RawCrypto,
  identity: RawIdentity & { readonly tokens: RawSigner },
  sizes: RawSizes,
): RawResponder {
  const runs = new Map<string, readonly Uint8Array[]>()
  return {
    async offer(hello) {
      const [share = ''] = split(hello)
      const agreement = await crypto.startAgreement()
      const secret = await agreement.agree(toBytes(share))
      const hash = await transcript(crypto, sizes)
      const keys = await crypto.deriveKeys(secret, hash, [...LABELS, SESSION_LABEL])
      const jws = Buffer.from(await identity.signer.sign(filler(sizes.offer), HEADER))
      await crypto.hash(jws)
      const sid = toText(randomBytes(16))
      runs.set(sid, keys)
      return join(toText(agreement.share), sid, await crypto.seal(keyAt(keys, 0), jws, position(sid)))
    },
    async answer(present) {
      const [sid = '', box = '', proof = '', x = ''] = split(present)
      const keys = runs.get(sid) ?? []
      runs.delete(sid)
      await crypto.hash(Buffer.from(box)) // the body, to know a repeated one by
      const jws = await crypto.open(keyAt(keys, 1), box)
      await identity.peer(Buffer.from(jws).toString())
      await crypto.hash(jws)
      const sessionKey = { kty: 'OKP', crv: 'Ed25519', x }
      const verifier = await crypto.importVerifier(sessionKey)
      await verifier(proof)
      await crypto.hash(Buffer.from(JSON.stringify(sessionKey))) // its thumbprint
      await identity.tokens.sign(filler(sizes.accessToken), HEADER)
      const answer = Buffer.from(await identity.signer.sign(filler(sizes.accept), HEADER))
      return await crypto.seal(keyAt(keys, 0), answer, position(sid))
    },
  }
}

/** `H0` to `H2`: three hashes on each side. */
async function transcript(crypto: RawCrypto, sizes: RawSizes): Promise<Uint8Array> {
  await crypto.hash(filler(18))
  await crypto.hash(filler(40 + sizes.helloClear))
  return await crypto.hash(filler(40 + sizes.offerClear))
}

const fillers = new Map<number, Uint8Array>()

/** Text of a length, made once. */
function filler(bytes: number): Uint8Array {
  const known = fillers.get(bytes) ?? new Uint8Array(bytes).fill(0x61)
  fillers.set(bytes, known)
  return known
}

function position(sid: string): Record<string, string | number> {
  return { cty: 'JWT', sid, dir: 'r2i', seq: 0 }
}

function keyAt(keys: readonly Uint8Array[], index: number): Uint8Array {
  const key = keys[index]
  if (key === undefined) throw new Error('there is no such key')
  return key
}

const join = (...parts: string[]): string => parts.join('\n')
const split = (text: string): string[] => text.split('\n')
