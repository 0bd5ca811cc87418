import {
  parseSdJwtCredential,
  verifySdJwt,
  verifySignedCredential,
  type UnverifiedSdJwtCredential,
} from '../../credentials/index.ts'
import { findVerificationKey, isDidUrlOf, type DidResolver } from '../../did/index.ts'
import { isJsonObject, type JsonObject } from '../../encoding/index.ts'
import { PeerError, PolicyError, VerificationError } from '../../errors/index.ts'
import { jwkThumbprint, parsePublicJwk, type Signer } from '../../keys/index.ts'
import type { FetchBudget } from '../../net/index.ts'

/** What was asked for, by the issuer's own metadata. */
export type Expectation =
  | {
      readonly format: 'vc+jwt'
      /** Types that the credential must have. */
      readonly types: readonly unknown[]
    }
  | {
      readonly format: 'dc+sd-jwt'
      /** The type that the credential must have. */
      readonly vct: string
    }

/** Whom a credential must be for, and what it is checked with. */
export interface ReceivedContext {
  readonly expected: Expectation
  /** The DID that it must be about. */
  readonly did: string
  /** The key that signed the proof of possession. */
  readonly holder: Signer
  readonly resolver: DidResolver
  readonly budget: FetchBudget
  readonly now: number
}

/**
 * Reads what a configuration gives.
 *
 * @param configurations - `credential_configurations_supported` of the issuer's metadata.
 * @throws {PeerError} `COMITY_PEER_PROTOCOL` when there is no configuration of this name.
 * @throws {VerificationError} `COMITY_OFFER_INVALID` when it is of a format that no wallet here holds.
 */
export function readExpectation(configurations: object, id: string): Expectation {
  const entry = Object.entries(configurations).find(([name]) => name === id)
  if (entry === undefined) {
    throw new PeerError('COMITY_PEER_PROTOCOL', 'the offer is of a credential that the metadata do not have')
  }
  const {
    format,
    vct,
    credential_definition: definition,
  } = entry[1] as {
    format?: unknown
    vct?: unknown
    credential_definition?: { type?: unknown }
  }
  if (format === 'dc+sd-jwt' && typeof vct === 'string') return { format, vct }
  const types: unknown = definition?.type ?? []
  if (format === 'vc+jwt' && Array.isArray(types)) return { format, types }
  throw new VerificationError('COMITY_OFFER_INVALID', 'the offer is of a format that is not held here', {
    spec: 'OpenID4VCI 1.0 §12.2.4',
  })
}

/**
 * Makes sure that a credential is what was asked for, before it is held.
 *
 * A `vc+jwt`: form, signature by a key in its issuer's `assertionMethod`, times; subject; types. An SD-JWT VC: form; no
 * key binding, which would be of an earlier showing; `vct`; `sub`; the key in `cnf.jwk`; the issuer's key, its signature,
 * times.
 *
 * @throws {VerificationError} The codes of `verifySignedCredential`, `parseSdJwtCredential` and `verifySdJwt`;
 *   `COMITY_KEY_BINDING_INVALID` when somebody has shown it already.
 * @throws {PolicyError} `COMITY_WALLET_CREDENTIAL_INVALID` when it is not what was asked for.
 * @throws {TrustError} The codes of resolution.
 */
export async function checkReceived(token: string, context: ReceivedContext): Promise<void> {
  const { expected } = context
  if (expected.format === 'dc+sd-jwt') await checkSdJwt(token, expected.vct, context)
  else await checkJwt(token, expected.types, context)
}

async function checkJwt(
  token: string,
  wanted: readonly unknown[],
  { did, resolver, budget, now }: ReceivedContext,
): Promise<void> {
  const { document, types } = await verifySignedCredential(token, { resolver, budget, now })
  const { credentialSubject } = document
  if (!isJsonObject(credentialSubject) || credentialSubject['id'] !== did) throw aboutSomebodyElse()
  if (!wanted.every((type) => typeof type === 'string' && types.includes(type))) throw ofAnotherType()
}

async function checkSdJwt(token: string, vct: string, context: ReceivedContext): Promise<void> {
  const { did, holder, now } = context
  const credential = parseSdJwtCredential(token)
  if (credential.sdJwt.keyBinding !== undefined) {
    throw new VerificationError('COMITY_KEY_BINDING_INVALID', 'the credential has been shown already', {
      spec: 'RFC 9901 §7.2',
    })
  }
  if (credential.vct !== vct) throw ofAnotherType()
  if (credential.subject !== did) throw aboutSomebodyElse()
  assertBoundTo(credential.document, holder)
  const issuerJwk = await issuerKeyOf(credential, context)
  await verifySdJwt(token, { issuerJwk, typ: 'dc+sd-jwt', now })
}

/** The key must be one that the issuer's own document names for assertions, now. */
async function issuerKeyOf(
  { issuer, kid }: UnverifiedSdJwtCredential,
  { resolver, budget }: ReceivedContext,
): Promise<ReturnType<typeof findVerificationKey>> {
  if (!isDidUrlOf(kid, issuer)) {
    throw new VerificationError('COMITY_CREDENTIAL_ISSUER_MISMATCH', 'the key is not one of the issuer', {
      spec: 'SD-JWT VC §2.5',
    })
  }
  return findVerificationKey(await resolver.resolveDocument(issuer, { budget }), kid, 'assertionMethod')
}

function assertBoundTo({ cnf }: JsonObject, holder: Signer): void {
  const jwk = isJsonObject(cnf) ? cnf['jwk'] : undefined
  const own = jwkThumbprint(holder.publicJwk)
  if (isJsonObject(jwk) && jwkThumbprint(parsePublicJwk(jwk)) === own) return
  throw invalid('the credential is bound to another key')
}

function aboutSomebodyElse(): PolicyError {
  return invalid('the credential is about somebody else')
}

function ofAnotherType(): PolicyError {
  return invalid('the credential is of another type than was asked for')
}

function invalid(message: string): PolicyError {
  return new PolicyError('COMITY_WALLET_CREDENTIAL_INVALID', message)
}
