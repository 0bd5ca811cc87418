import { decodeBase64url, decodeUtf8, encodeUtf8, parseJsonObject } from '../../../src/encoding/index.ts'
import { PolicyError } from '../../../src/errors/index.ts'
import { openBox } from '../../../src/handshake/box.ts'
import {
  algorithmsFor,
  checkTimes,
  jwkThumbprint,
  parseJws,
  parsePublicJwk,
  requireAudience,
  requireString,
  verifyBytes,
  verifyJwsSignature,
  type SignatureAlgorithm,
} from '../../../src/keys/index.ts'
import {
  attempt,
  difference,
  fail,
  judge,
  judgeCall,
  judgeForeign,
  type Driver,
  type VectorCase,
  type Verdict,
} from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** JWS, JWK, thumbprints, JWT claims, and the JWEs that must not open. */
export const jose: Driver = byShape({
  'jwt-claims': { has: ['jwt', 'jwk', 'policy'], judge: judgeClaims },
  'jwk-thumbprint': { has: ['jwk'], judge: judgeThumbprint },
  'rfc-examples': { has: ['keys', 'output'], judge: judgeExample },
  jwe: { has: ['key', 'input'], judge: judgeKeyed },
  jws: { has: ['key', 'jws'], judge: judgeKeyed },
})

type Key = Readonly<Record<string, unknown>>

/** A JWS or JWE with the key, or the keys, that it is for. */
async function judgeKeyed(entry: VectorCase): Promise<Verdict> {
  const input = entry['input'] as { readonly jwe?: unknown; readonly jws?: unknown } | undefined
  const { keys } = entry['key'] as { readonly keys?: readonly Key[] }
  const tried = keys ?? [entry['key'] as Key]
  if (input?.jwe !== undefined)
    return judgeForeign('jwe-other', entry, () => openJwe(input.jwe, tried[0] ?? {}))
  return judgeSigned(entry, entry['jws'] ?? input?.jws, tried)
}

/** Opens what a stranger put in the place of a box of the handshake. */
async function openJwe(jwe: unknown, key: Key): Promise<string> {
  const secret = typeof key['k'] === 'string' ? Buffer.from(key['k'], 'base64url') : new Uint8Array(32)
  const [header = ''] = String(jwe).split('.')
  const { sid, dir, seq } = claimed(header)
  return openBox(String(jwe), secret, { sid, dir, seq } as Parameters<typeof openBox>[2])
}

function claimed(header: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(Buffer.from(header, 'base64url').toString()) ?? {}) as Record<string, unknown>
  } catch {
    return {}
  }
}

async function judgeSigned(entry: VectorCase, token: unknown, keys: readonly Key[]): Promise<Verdict> {
  if (typeof token !== 'string') return judgeForeign('jws-json', entry, () => parseJws(token as string))
  if (keys.every((key) => !isOurs(key)))
    return judgeForeign('key-other', entry, () =>
      Promise.any(keys.map((key) => verify(token, key))).catch(firstOf),
    )
  return judgeEach(entry, token, keys)
}

/** Accepted is what verifies under one of the keys, both as a signature and, where it carries claims, as a token. */
async function judgeEach(entry: VectorCase, token: string, keys: readonly Key[]): Promise<Verdict> {
  const attempts = await Promise.all(keys.map(async (key) => attempt(() => verify(token, key))))
  const [first] = attempts
  const accepted = attempts.find((each) => 'value' in each) ?? first
  if (accepted === undefined) return fail('there is no key')
  return judge(entry, accepted)
}

const CURVES: readonly unknown[] = ['Ed25519', 'P-256', 'P-384']

function isOurs(key: Key): boolean {
  return CURVES.includes(key['crv'])
}

/**
 * Verifies a compact JWS. Its payload may be any bytes to those who made the vectors; a token of ours carries a JSON
 * object, so that the signature is checked on the bytes, and then the whole again as a token where it is one.
 */
async function verify(token: string, key: unknown): Promise<Uint8Array> {
  const parts = token.split('.')
  const [header = '', payload = '', signature = ''] = parts
  const jwk = parsePublicJwk(key)
  const decoded = decodeBase64url(payload)
  if (parts.length !== 3 || isClaims(decoded)) {
    await verifyJwsSignature(parseJws(token), jwk)
    return decoded
  }
  // The header, by the rules of tokens: over a payload that is none, with the signature left as it is.
  parseJws(`${header}.e30.${signature}`)
  const { alg } = parseJsonObject(decodeBase64url(header))
  const input = encodeUtf8(`${header}.${payload}`)
  await verifyBytes(jwk, alg as SignatureAlgorithm, input, decodeBase64url(signature))
  return decoded
}

function isClaims(payload: Uint8Array): boolean {
  try {
    parseJsonObject(payload)
    return true
  } catch {
    return false
  }
}

function firstOf(error: unknown): never {
  throw error instanceof AggregateError ? error.errors[0] : error
}

interface Example {
  readonly keys: readonly Key[]
  readonly payload: string | null
  readonly detached: boolean
  readonly output: { readonly compact?: string; readonly json?: unknown; readonly json_flat?: unknown }
}

async function judgeExample(entry: VectorCase): Promise<Verdict> {
  const { keys, payload, detached, output } = entry as unknown as Example
  for (const form of [output.json, output.json_flat]) {
    if (form === undefined) continue
    const result = await attempt(() => parseJws(JSON.stringify(form)))
    if (!('refused' in result)) return fail('the JSON serialization was accepted')
  }
  const { compact } = output
  if (compact === undefined || detached)
    return judgeForeign('jws-json', entry, () => parseJws(compact ?? '{}'))
  if (keys.length === 0) return judgeCall(entry, () => parseJws(compact))
  if (!keys.some(isOurs)) return judgeSigned(entry, compact, keys)
  return judgeCall(
    entry,
    () => verify(compact, keys.find(isOurs)),
    (bytes) => (payload === null ? undefined : difference('the payload', decodeUtf8(bytes), payload)),
  )
}

async function judgeThumbprint(entry: VectorCase): Promise<Verdict> {
  const jwk = entry['jwk'] as Key
  const { d, ...members } = jwk
  if (d !== undefined) {
    // A private key has to become a public one before it gets to a verifier.
    const whole = await attempt(() => parsePublicJwk(jwk))
    if (!('refused' in whole)) return fail('a private key was taken for a public one')
  }
  const call = (): string => jwkThumbprint(parsePublicJwk(members))
  const { kty, crv } = members
  const isKnown = (kty !== 'EC' && kty !== 'OKP') || isOurs(members) || crv === 'X25519'
  if (entry.expected.result === 'valid' && (!isKnown || kty === 'RSA' || kty === 'oct'))
    return judgeForeign('key-other', entry, call)
  return judgeCall(entry, call, (thumbprint) => {
    const { thumbprint: expected, uri } = entry.expected
    return (
      difference('the thumbprint', thumbprint, expected) ??
      (uri === undefined
        ? undefined
        : difference('the URI', `urn:ietf:params:oauth:jwk-thumbprint:sha-256:${thumbprint}`, uri))
    )
  })
}

interface ClaimsPolicy {
  readonly algorithms: readonly string[]
  readonly typ: string
  readonly issuer: string
  readonly audience: string
  readonly now: number
  readonly clockTolerance: number
}

async function judgeClaims(entry: VectorCase): Promise<Verdict> {
  const { algorithms, typ, issuer, audience, now, clockTolerance } = entry['policy'] as ClaimsPolicy
  return judgeCall(entry, async () => {
    const key = parsePublicJwk(entry['jwk'])
    const jws = parseJws(String(entry['jwt']), { typ })
    // The verifier's list of algorithms is the key's; the policy's has the same names, or fewer.
    if (!algorithms.includes(jws.header.alg) || !algorithmsFor(key).includes(jws.header.alg)) throw mismatch()
    const { claims } = await verifyJwsSignature(jws, key)
    checkTimes(claims, { now, clockTolerance, require: ['iat', 'exp'] })
    if (requireString(claims, 'iss') !== issuer) throw mismatch()
    requireAudience(claims, audience)
  })
}

/** What a caller does who compares the issuer himself. */
function mismatch(): PolicyError {
  return new PolicyError('COMITY_AUDIENCE_MISMATCH', 'not what the policy asks for')
}
