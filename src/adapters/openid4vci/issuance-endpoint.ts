import { Openid4vciVersion } from '@openid4vc/openid4vci'
import type { DidResolver } from '../../did/index.ts'
import type { Issuer } from '../../issuer/index.ts'
import { systemClock, type Clock } from '../../runtime/index.ts'
import type { Store } from '../../store/index.ts'
import { answerCredentialRequest } from './credential-request.ts'
import { jsonResponse, RequestError } from './http.ts'
import {
  authorizationServerMetadata,
  configurationIdOf,
  credentialIssuerMetadata,
  issuerUrls,
  openid4vciIssuer,
  PRE_AUTHORIZED_GRANT,
  type IssuerUrls,
} from './metadata.ts'
import { createNonces, type Nonces } from './nonces.ts'
import { createOffers, type OfferOptions, type Offers } from './offers.ts'
import { answerTokenRequest } from './token-request.ts'

/** What an issuance endpoint works with. */
export interface IssuanceEndpointOptions {
  /** Issues the credentials. */
  readonly issuer: Issuer
  /** The credential issuer identifier, such as `https://acme.example/openid4vci`: all endpoints are below it. */
  readonly url: string
  /** Resolves the DIDs of those who ask. */
  readonly resolver: DidResolver
  /** Keeps offers, access tokens, nonces and used proofs until they expire. Several processes may share it. */
  readonly store: Store
  /** Defaults to the system clock. */
  readonly clock?: Clock
  /** Is told what was issued and refused. Defaults to nothing. */
  readonly log?: (entry: IssuanceLogEntry) => void
}

/** What happened. It holds no code, token or claim. */
export interface IssuanceLogEntry {
  /** Which endpoint. */
  readonly event: 'token' | 'credential'
  /** How it ended. */
  readonly outcome: 'issued' | 'refused'
  /** Why it was refused: a `COMITY_…` code, or words. */
  readonly reason?: string
  /** The DID that it is about. */
  readonly subject?: string
  /** The id of the credential that was issued. */
  readonly credential?: string
}

/** An offer, to be handed to the wallet. Whoever has it can take it up, if they have the subject's key too. */
export interface CredentialOffer {
  /** `openid-credential-offer://?credential_offer=…` */
  readonly offer: string
  /** The transaction code, where one was asked for: to be told by another way than the offer. */
  readonly txCode?: string
}

/** The issuer's side of OpenID4VCI. */
export interface IssuanceEndpoint {
  /**
   * Makes an offer of one credential, to be taken up once.
   *
   * @throws {VerificationError} `COMITY_DID_INVALID` when the subject is no DID; the codes of JSON when the claims have
   *   no JSON form.
   * @throws {TypeError} An option is missing or out of range.
   */
  offer(options: OfferOptions): Promise<CredentialOffer>
  /**
   * Answers a request for one of the endpoints or metadata documents.
   *
   * @returns Undefined where the request is for something else.
   */
  handle(request: Request): Promise<Response | undefined>
}

/** What the endpoints share. */
export interface IssuanceContext {
  readonly urls: IssuerUrls
  readonly issuer: Issuer
  readonly resolver: DidResolver
  readonly store: Store
  readonly clock: Clock
  readonly offers: Offers
  readonly nonces: Nonces
  readonly log: (entry: IssuanceLogEntry) => void
}

type Answer = (request: Request, context: IssuanceContext) => Promise<Response> | Response

/**
 * Makes the endpoints that give credentials to wallets by OpenID4VCI 1.0, with pre-authorized codes.
 *
 * @param options - See {@link IssuanceEndpointOptions}.
 * @throws {TypeError} `url` is no https URL without a slash at the end.
 * @see {@link https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html | OpenID4VCI 1.0}
 */
export function createIssuanceEndpoint(options: IssuanceEndpointOptions): IssuanceEndpoint {
  const { issuer, resolver, store, clock = systemClock, log = () => undefined } = options
  const urls = issuerUrls(options.url)
  const offers = createOffers(store, clock)
  const nonces = createNonces(store, clock)
  const context: IssuanceContext = { urls, issuer, resolver, store, clock, offers, nonces, log }
  const metadata = credentialIssuerMetadata(urls)
  const serverMetadata = authorizationServerMetadata(urls)
  const routes = new Map<string, readonly [string, Answer]>([
    [urls.issuerMetadata, ['GET', () => jsonResponse(200, metadata)]],
    [urls.serverMetadata, ['GET', () => jsonResponse(200, serverMetadata)]],
    [urls.token, ['POST', answerTokenRequest]],
    [urls.nonce, ['POST', answerNonceRequest]],
    [urls.credential, ['POST', answerCredentialRequest]],
  ])
  return Object.freeze({
    offer: async (wanted: OfferOptions) => {
      const { code, txCode } = await offers.create(wanted)
      const { credentialOffer } = await openid4vciIssuer.createCredentialOffer({
        issuerMetadata: {
          credentialIssuer: metadata,
          authorizationServers: [serverMetadata],
          knownCredentialConfigurations: {},
          originalDraftVersion: Openid4vciVersion.V1,
        },
        credentialConfigurationIds: [
          configurationIdOf({ type: wanted.type, format: wanted.format ?? 'vc+jwt' }),
        ],
        grants: {
          [PRE_AUTHORIZED_GRANT]: {
            'pre-authorized_code': code,
            ...(txCode !== undefined && { tx_code: { input_mode: 'numeric', length: txCode.length } }),
          },
        },
      })
      return { offer: credentialOffer, ...(txCode !== undefined && { txCode }) }
    },
    handle: async (request: Request) => {
      const route = routes.get(request.url)
      if (route === undefined) return undefined
      const [method, answer] = route
      if (request.method !== method) return new Response(null, { status: 405, headers: { allow: method } })
      return answerSafely(request, context, answer)
    },
  })
}

async function answerSafely(request: Request, context: IssuanceContext, answer: Answer): Promise<Response> {
  try {
    return await answer(request, context)
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const { status, error: code, reason } = error
    context.log({
      event: request.url === context.urls.token ? 'token' : 'credential',
      outcome: 'refused',
      reason,
    })
    const challenge = status === 401 ? { 'www-authenticate': `DPoP error="${code}"` } : {}
    return jsonResponse(status, { error: code }, challenge)
  }
}

/** @see {@link https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#section-7 | OpenID4VCI §7} */
async function answerNonceRequest(_request: Request, { nonces }: IssuanceContext): Promise<Response> {
  return jsonResponse(200, { c_nonce: await nonces.create() })
}
