import {
  issueSdJwtCredential,
  presentSdJwtCredential,
  verifyCredential,
  type ClaimsPath,
  type IssueSdJwtCredentialOptions,
  type VerifyCredentialOptions,
} from '../../src/credentials/index.ts'
import { createDidDocument, didWebUrl } from '../../src/did/index.ts'
import { encodeBase64url, encodeUtf8, type JsonObject, type JsonValue } from '../../src/encoding/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { generateSigner, signJws, withKid, type Signer } from '../../src/keys/index.ts'
import { sha256 } from '../../src/runtime/index.ts'
import { HOLDER, NOW, POSTURE, createWorld, type TestWorld } from './world.ts'

export const NONCE = 'bm9uY2Utb2YtdGhpcy1ydW4'
export const VERIFIER = 'did:web:globex.example'

export interface SdJwtWorld extends TestWorld {
  /** The holder's key: in its DID document for authentication. */
  readonly holder: Signer
  /** Another key of the holder's, in no document. */
  readonly device: Signer
  /** Accept what the issuer issues to the holder, and shows for {@link NONCE} to {@link VERIFIER}. */
  readonly sdJwtOptions: VerifyCredentialOptions
}

/** The world of credentials, and a holder with keys. */
export async function createSdJwtWorld(): Promise<SdJwtWorld> {
  const world = await createWorld()
  const holder = withKid(await generateSigner({ alg: 'Ed25519' }), `${HOLDER}#key-1`)
  const device = await generateSigner({ alg: 'ES256' })
  world.web.pages.set(didWebUrl(HOLDER), documentOf(HOLDER, holder))
  const sdJwtOptions = {
    ...world.options,
    format: 'dc+sd-jwt',
    keyBinding: { nonce: NONCE, audience: VERIFIER },
  } as const
  return { ...world, holder, device, sdJwtOptions }
}

/** A DID document with one key for authentication. */
export function documentOf(did: string, { publicJwk }: Signer): string {
  const key = { fragment: '#key-1', jwk: publicJwk, relationships: ['authentication'] } as const
  return JSON.stringify(createDidDocument({ did, keys: [key] }))
}

/** Issues a posture credential that is good at `NOW`, with all its disclosures. */
export async function issueSdPosture(
  { issuer, holder }: Pick<SdJwtWorld, 'issuer' | 'holder'>,
  more: Partial<IssueSdJwtCredentialOptions<'AgentPostureCredential'>> = {},
): Promise<string> {
  return issueSdJwtCredential({
    signer: issuer.signer,
    issuer: issuer.did,
    type: 'AgentPostureCredential',
    subject: HOLDER,
    claims: POSTURE,
    holderKey: holder.publicJwk,
    validFrom: NOW - 3600,
    validUntil: NOW + 3600,
    ...more,
  })
}

/** Shows a credential as {@link SdJwtWorld.sdJwtOptions} expects it. */
export async function show(
  token: string,
  holder: Signer,
  disclose: readonly ClaimsPath[] = [['region'], ['patchAgeDays']],
): Promise<string> {
  return presentSdJwtCredential(token, { disclose, holder, nonce: NONCE, audience: VERIFIER, now: NOW })
}

/** The code of the error that a promise rejects with, or `no error`. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  return (await codeOfPromise(() => promise)) ?? 'no error'
}

/** A disclosure of any content. */
export function disclosureOf(...content: readonly JsonValue[]): string {
  return encodeBase64url(encodeUtf8(JSON.stringify(content)))
}

/** The digest of a disclosure, as the payload has it. */
export function digestOf(disclosure: string): string {
  return encodeBase64url(sha256(encodeUtf8(disclosure)))
}

/** Signs any claims as an SD-JWT VC, also ones that nobody should sign. */
export async function signSdJwt(
  signer: Signer,
  payload: JsonObject,
  disclosures: readonly string[] = [],
  header: JsonObject = {},
): Promise<string> {
  const jwt = await signJws({ header: { typ: 'dc+sd-jwt', ...header }, payload, signer })
  return `${[jwt, ...disclosures].join('~')}~`
}

/** Adds a key binding to an SD-JWT without one, with any claims in it. */
export async function bindKey(
  sdJwt: string,
  holder: Signer,
  more: JsonObject = {},
  header: JsonObject = {},
): Promise<string> {
  const payload = { iat: NOW, aud: VERIFIER, nonce: NONCE, sd_hash: digestOf(sdJwt), ...more }
  return `${sdJwt}${await signJws({ header: { typ: 'kb+jwt', ...header }, payload, signer: holder })}`
}

/** The claims of a posture credential for the holder's key, in clear, unsigned, with other members. */
export function sdClaims(
  { issuer, holder }: Pick<SdJwtWorld, 'issuer' | 'holder'>,
  more: JsonObject = {},
): JsonObject {
  return {
    iss: issuer.did,
    sub: HOLDER,
    vct: 'urn:comity:vct:AgentPostureCredential:1',
    nbf: NOW - 3600,
    exp: NOW + 3600,
    cnf: { jwk: holder.publicJwk as unknown as JsonObject },
    ...more,
  }
}

/** What verifying claims in clear, with disclosures, answers. */
export async function answerTo(
  world: SdJwtWorld,
  claims: JsonObject,
  disclosures: readonly string[] = [],
  header: JsonObject = {},
): Promise<string> {
  const token = await signSdJwt(world.issuer.signer, claims, disclosures, header)
  return refusal(verifyCredential(await bindKey(token, world.holder), world.sdJwtOptions))
}
