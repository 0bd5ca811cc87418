import {
  Openid4vciClient,
  type CredentialOfferObject,
  type IssuerMetadataResult,
} from '@openid4vc/openid4vci'
import { createDidResolver, type DidResolver } from '../../did/index.ts'
import { ComityError, PeerError, VerificationError } from '../../errors/index.ts'
import { generateSigner, type Signer } from '../../keys/index.ts'
import { createFetchBudget, createGuardedFetch, type GuardedFetch } from '../../net/index.ts'
import { systemClock, type Clock } from '../../runtime/index.ts'
import type { HeldCredential, ReleaseRule, Wallet } from '../../wallet/index.ts'
import { asking, clientCallbacks, libraryJwk } from './client-callbacks.ts'
import { PRE_AUTHORIZED_GRANT } from './metadata.ts'
import { checkReceived, readExpectation, type Expectation } from './received.ts'

const MAX_OFFER_LENGTH = 16_384
const MAX_CREDENTIALS = 16
const BUDGET = { requests: 32, bytes: 2_097_152, timeoutMs: 30_000 }

/** How an offer is taken up. */
export interface ReceiveOptions {
  /** The offer: `openid-credential-offer://…`, at most 16384 characters. It may come from anyone. */
  readonly offer: string
  /** The code that the issuer told by another way, where the offer asks for one. */
  readonly txCode?: string
  /** Where the credentials go. It has an `authentication` key of `did`. */
  readonly wallet: Wallet
  /** The DID that the credentials are about. */
  readonly did: string
  /** Who may see them. There is no default. */
  readonly release: ReleaseRule
  /** Reaches the issuer. Defaults to a guarded fetch to public addresses. */
  readonly fetch?: GuardedFetch
  /** Resolves the issuer's DID. Defaults to Comity's methods through `fetch`. */
  readonly resolver?: DidResolver
  /** Defaults to the system clock. */
  readonly clock?: Clock
}

/**
 * Takes up an offer of credentials, and puts them into a wallet.
 *
 * Whoever made the offer is a stranger: all requests go through the guarded fetch, at most 32 of them in half a
 * minute. A credential is held only if its issuer signed it, it is in the format and of the type that was asked for, and
 * it is about `did`; an SD-JWT VC only if it is bound to the key that signed the proof of possession. Whether the issuer
 * is worth believing is for verifiers to say.
 *
 * @param options - See {@link ReceiveOptions}.
 * @returns The credentials that are now held, in the order of the offer.
 * @throws {VerificationError} `COMITY_OFFER_INVALID` when the offer is malformed, or asks for more than a
 *   pre-authorized code, or is of a format other than `vc+jwt` and `dc+sd-jwt`; the codes of `verifySignedCredential`
 *   and `verifySdJwt` for what was issued.
 * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN`; `COMITY_WALLET_CREDENTIAL_INVALID` when a credential is about
 *   somebody else, of another type, or bound to another key, and the other codes of `Wallet.addCredential`.
 * @throws {NetworkError} The issuer cannot be reached within the limits.
 * @throws {PeerError} `COMITY_PEER_REFUSED`, `COMITY_PEER_PROTOCOL`.
 * @throws {TypeError} An option is missing.
 * @see {@link https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#section-3.5 | OpenID4VCI §3.5}
 */
export async function receiveCredentials(options: ReceiveOptions): Promise<readonly HeldCredential[]> {
  const { wallet, did, release, clock = systemClock, fetch = createGuardedFetch() } = options
  if ((release as unknown) === undefined) {
    throw new TypeError('options.release must be `public`, `never` or a demand')
  }
  checkOfferText(options.offer)
  const holder = await wallet.signer(did, 'authentication')
  const resolver = options.resolver ?? createDidResolver({ fetch, clock })
  const budget = createFetchBudget(BUDGET)
  const received = await fetchCredentials(options, { holder, fetch, budget })
  // All are checked before the first is kept.
  for (const { token, expected } of received) {
    await checkReceived(token, { expected, did, holder, resolver, budget, now: clock.now() })
  }
  const held: HeldCredential[] = []
  for (const { token } of received) held.push(await wallet.addCredential(token, { release }))
  return held
}

/** A credential as it came, and what was asked for. */
interface Received {
  readonly token: string
  readonly expected: Expectation
}

async function fetchCredentials(
  options: ReceiveOptions,
  reach: { holder: Signer; fetch: GuardedFetch; budget: ReturnType<typeof createFetchBudget> },
): Promise<readonly Received[]> {
  const dpop = await generateSigner({ alg: 'ES256' })
  const client = new Openid4vciClient({ callbacks: clientCallbacks({ ...reach, dpop }) })
  const offer = await readOffer(client, options)
  const issuerMetadata = await asking(async () => client.resolveIssuerMetadata(offer.credential_issuer))
  // Before the code is spent.
  const wanted = offer.credential_configuration_ids.map((id) => ({
    id,
    expected: readExpectation(issuerMetadata.credentialIssuer.credential_configurations_supported, id),
  }))
  const dpopOptions = {
    signer: { method: 'jwk', alg: dpop.alg, publicJwk: libraryJwk(dpop) },
  } as const
  const { accessTokenResponse } = await asking(async () =>
    client.retrievePreAuthorizedCodeAccessTokenFromOffer({
      credentialOffer: offer,
      issuerMetadata,
      dpop: dpopOptions,
      ...(options.txCode !== undefined && { txCode: options.txCode }),
    }),
  )
  if (accessTokenResponse.token_type.toLowerCase() !== 'dpop') {
    throw new PeerError('COMITY_PEER_PROTOCOL', 'the access token is not bound to a key')
  }
  const received: Received[] = []
  for (const { id, expected } of wanted) {
    const proof = await provePossession(client, issuerMetadata, id, reach.holder)
    const { credentialResponse } = await asking(async () =>
      client.retrieveCredentials({
        issuerMetadata,
        credentialConfigurationId: id,
        accessToken: accessTokenResponse.access_token,
        proofs: { jwt: [proof] },
        dpop: dpopOptions,
      }),
    )
    received.push(...credentialsIn(credentialResponse).map((token) => ({ token, expected })))
  }
  return received
}

async function provePossession(
  client: Openid4vciClient,
  issuerMetadata: IssuerMetadataResult,
  credentialConfigurationId: string,
  holder: Signer,
): Promise<string> {
  return asking(async () => {
    const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
    const { jwt } = await client.createCredentialRequestJwtProof({
      issuerMetadata,
      credentialConfigurationId,
      nonce,
      signer: { method: 'did', didUrl: holder.kid, alg: holder.alg },
    })
    return jwt
  })
}

/** Only credentials that are there at once, as text. */
function credentialsIn({ credentials }: { credentials?: readonly unknown[] | undefined }): readonly string[] {
  const tokens = (credentials ?? []).map((each) =>
    typeof each === 'object' && each !== null ? (each as { credential?: unknown }).credential : undefined,
  )
  const texts = tokens.filter((token) => typeof token === 'string')
  if (texts.length === 0 || texts.length !== tokens.length || texts.length > MAX_CREDENTIALS) {
    throw new PeerError('COMITY_PEER_PROTOCOL', 'the answer has no credentials that can be read')
  }
  return texts
}

async function readOffer(client: Openid4vciClient, options: ReceiveOptions): Promise<CredentialOfferObject> {
  const offer = await client.resolveCredentialOffer(options.offer).catch((error: unknown) => {
    if (error instanceof Error && error.cause instanceof ComityError) throw error.cause
    throw invalidOffer('the offer is malformed')
  })
  const grant = offer.grants?.[PRE_AUTHORIZED_GRANT]
  if (grant === undefined) throw invalidOffer('the offer has no pre-authorized code')
  if ((grant.tx_code === undefined) !== (options.txCode === undefined)) {
    throw invalidOffer('the offer needs a transaction code, or there is one that it does not need')
  }
  if (offer.credential_configuration_ids.length > MAX_CREDENTIALS) {
    throw invalidOffer('the offer is of too many credentials')
  }
  return offer
}

function checkOfferText(offer: unknown): void {
  if (typeof offer !== 'string') throw new TypeError('options.offer must be a string')
  if (offer.length > MAX_OFFER_LENGTH) throw invalidOffer('the offer is too long')
}

function invalidOffer(message: string): VerificationError {
  return new VerificationError('COMITY_OFFER_INVALID', message, { spec: 'OpenID4VCI 1.0 §4.1' })
}
