import {
  createIssuanceEndpoint,
  type IssuanceEndpoint,
  type IssuanceLogEntry,
  type OfferOptions,
} from '../../../src/adapters/openid4vci/index.ts'
import type { JsonObject } from '../../../src/encoding/index.ts'
import { generateSigner, signJws, type Signer } from '../../../src/keys/index.ts'
import { createDpopProof } from '../../../src/session/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { createMemoryWallet, type Wallet } from '../../../src/wallet/index.ts'
import { createWorld, type World } from '../../support/world.ts'
import { attestations } from '../../support/world-acme.ts'

/** The one grant. */
export const GRANT = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'
/** What is issued here. */
export const TYPE = 'AgentCapabilityCredential'

/** What a test of issuance works with. One at a time: it is set up before the tests of a file. */
export interface IssuanceWorld {
  readonly world: World
  readonly endpoint: IssuanceEndpoint
  /** The credential issuer identifier. */
  readonly url: string
  readonly log: IssuanceLogEntry[]
  /** Codes, tokens and nonces that were seen. */
  readonly secrets: string[]
  /** Seconds that the issuer's clock is ahead, and what it believes. */
  readonly time: { ahead: number }
}

/** Two organizations over HTTPS, of which Acme issues by OpenID4VCI. */
export async function createIssuanceWorld(): Promise<IssuanceWorld> {
  const late: { endpoint?: IssuanceEndpoint } = {}
  const world = await createWorld({ intercept: async (request) => late.endpoint?.handle(request) })
  const url = `${world.acme.origin}/openid4vci`
  const time = { ahead: 0 }
  const clock = { now: () => Date.now() / 1000 + time.ahead }
  const log: IssuanceLogEntry[] = []
  const endpoint = createIssuanceEndpoint({
    issuer: world.acme.issuer,
    url,
    resolver: world.resolver,
    store: createMemoryStore({ clock }),
    clock,
    log: (entry) => log.push(entry),
  })
  late.endpoint = endpoint
  return { world, endpoint, url, log, secrets: [], time }
}

/** Somebody with a DID of their own. */
export interface Holder {
  readonly did: string
  readonly wallet: Wallet
  readonly signer: Signer
}

export async function createHolder(): Promise<Holder> {
  const wallet = createMemoryWallet()
  const { did } = await wallet.createDidKey({ alg: 'Ed25519' })
  return { did, wallet, signer: await wallet.signer(did) }
}

/** Makes an offer, and looks into it. */
export async function offerTo(
  { world, endpoint, secrets }: IssuanceWorld,
  subject: string,
  more: Pick<OfferOptions, 'expiresIn' | 'withTransactionCode' | 'format'> = {},
): Promise<{ offer: string; txCode?: string; code: string }> {
  const made = await endpoint.offer({
    subject,
    type: TYPE,
    claims: attestations(world.acme.did)[TYPE] ?? {},
    lifetimeSeconds: 600,
    ...more,
  })
  const inner = JSON.parse(new URL(made.offer).searchParams.get('credential_offer') ?? '') as {
    grants: Record<string, { 'pre-authorized_code': string }>
  }
  const code = inner.grants[GRANT]?.['pre-authorized_code'] ?? ''
  secrets.push(code, ...(made.txCode === undefined ? [] : [made.txCode]))
  return { ...made, code }
}

/** What an endpoint answered. */
export interface Answer {
  readonly status: number
  readonly body: JsonObject
}

/** Sends a POST to an endpoint, with a DPoP proof of a key. */
export async function send(
  { world, url, time }: IssuanceWorld,
  path: string,
  body: string,
  headers: Record<string, string>,
  key?: Signer,
  accessToken?: string,
): Promise<Answer> {
  const target = `${url}${path}`
  const proof =
    key === undefined
      ? {}
      : {
          dpop: await createDpopProof({
            signer: key,
            method: 'POST',
            url: target,
            now: Date.now() / 1000 + time.ahead,
            ...(accessToken !== undefined && { accessToken }),
          }),
        }
  const response = await world.fetch(target, { method: 'POST', body, headers: { ...headers, ...proof } })
  return { status: response.status, body: JSON.parse(new TextDecoder().decode(response.body)) as JsonObject }
}

/** The media type of token requests. */
export const form = { 'content-type': 'application/x-www-form-urlencoded' }
/** The media type of credential requests. */
export const json = { 'content-type': 'application/json' }

/** Takes an offer up. */
export async function requestToken(
  issuance: IssuanceWorld,
  code: string,
  key: Signer,
  more: Record<string, string> = {},
): Promise<Answer> {
  const fields = { grant_type: GRANT, 'pre-authorized_code': code, ...more }
  return send(issuance, '/token', new URLSearchParams(fields).toString(), form, key)
}

/** Gets a nonce. */
export async function requestNonce(issuance: IssuanceWorld): Promise<string> {
  return String((await send(issuance, '/nonce', '', {})).body['c_nonce'])
}

/** A holder's proof of possession. */
export async function proofOf(
  issuance: IssuanceWorld,
  holder: Holder,
  changes: JsonObject = {},
  typ = 'openid4vci-proof+jwt',
): Promise<string> {
  const payload = {
    aud: issuance.url,
    iat: Math.floor(Date.now() / 1000),
    nonce: await requestNonce(issuance),
    ...changes,
  }
  return signJws({ header: { typ }, payload, signer: holder.signer })
}

/** Asks for the credential. */
export async function requestCredential(
  issuance: IssuanceWorld,
  token: string,
  key: Signer,
  proof: string,
  changes: JsonObject = {},
): Promise<Answer> {
  const body = { credential_configuration_id: TYPE, proofs: { jwt: [proof] }, ...changes }
  const headers = { ...json, authorization: `DPoP ${token}` }
  return send(issuance, '/credential', JSON.stringify(body), headers, key, token)
}

/** A holder with an access token in hand. */
export async function withToken(
  issuance: IssuanceWorld,
  more: Pick<OfferOptions, 'format'> = {},
): Promise<{ holder: Holder; key: Signer; token: string }> {
  const holder = await createHolder()
  const key = await generateSigner({ alg: 'ES256' })
  const { body } = await requestToken(issuance, (await offerTo(issuance, holder.did, more)).code, key)
  const token = String(body['access_token'])
  issuance.secrets.push(token)
  return { holder, key, token }
}
