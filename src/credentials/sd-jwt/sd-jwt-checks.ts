import { findVerificationKey, parseDidUrl } from '../../did/index.ts'
import { emptyJsonObject, encodeBase64url, encodeUtf8 } from '../../encoding/index.ts'
import { VerificationError } from '../../errors/index.ts'
import { jwkThumbprint, parsePublicJwk, verifyJwsSignature, type PublicJwk } from '../../keys/index.ts'
import { sha256OfPrefix } from '../../runtime/index.ts'
import { isCredentialType } from '../agent-types.ts'
import { required, type Check, type CheckResult, type CheckState } from '../checks.ts'
import type { CredentialCheckOptions } from '../credential-checks.ts'
import { credentialDigest } from '../credential-digest.ts'
import { disclosedClaimsFaults } from '../schema-validator.ts'
import { recall, remember } from '../signature-cache.ts'
import { ENVELOPE_CLAIMS } from './claims-rules.ts'
import { sdDigest } from './hash.ts'
import { checkOccasion, confirmationOf, requireKeyBinding } from './key-binding.ts'
import { checkSdJwtSize } from './parse-sd-jwt.ts'
import { parseIssuerJwt, parseSdJwtVc, readSdJwtCredential } from './sd-jwt-credential.ts'

type State = CheckState<CredentialCheckOptions>

/**
 * The checks of a credential for SD-JWT VCs: those of the other formats, with their own way to read the token, to hold
 * it against a schema, and to tell whether its holder shows it.
 *
 * @param checks - The checks of a `vc+jwt`.
 */
export function sdJwtChecks(
  checks: readonly Check<CredentialCheckOptions>[],
): readonly Check<CredentialCheckOptions>[] {
  const own = new Map<string, Check<CredentialCheckOptions>['run']>([
    ['size', checkSize],
    ['token', checkToken],
    ['form', checkForm],
    ['signature', checkSignature],
    ['schema', checkSchema],
    ['holder', checkHolder],
  ])
  return checks.map((check) => ({ ...check, run: own.get(check.name) ?? check.run }))
}

function checkSize({ token }: State): undefined {
  checkSdJwtSize(token)
}

/** What is remembered is the part that the issuer signed, so that it is found again whatever is disclosed. */
function checkToken(state: State): undefined {
  const { cache } = state.options
  const sdJwt = parseSdJwtVc(state.token, (issuerJwt) => {
    const known = recall(cache, 'dc+sd-jwt', issuerJwt)
    if (known !== undefined) state.known = known
    return known?.jws ?? parseIssuerJwt(issuerJwt)
  })
  state.sdJwt = sdJwt
  state.jws = sdJwt.jws
}

function checkForm(state: State): CheckResult {
  const { credential, faults } = readSdJwtCredential(required(state.sdJwt))
  if (credential !== undefined) {
    state.credential = credential
    state.hash = credential.hash
  }
  return faults
}

async function checkSignature(state: State): Promise<undefined> {
  const [jws, key] = [required(state.jws), required(state.key)]
  const thumbprint = jwkThumbprint(key)
  if (state.known?.thumbprint === thumbprint) {
    state.digest = state.known.digest
    return
  }
  await verifyJwsSignature(jws, key)
  const value = digestOf(state)
  const digest = (): string => value
  state.digest = digest
  const known = { format: 'dc+sd-jwt', thumbprint } as const
  remember(state.options.cache, jws.token, known, (copy) => ({ jws: parseIssuerJwt(copy), digest }))
}

function checkSchema(state: State): CheckResult {
  const { types, document, subject } = required(state.credential)
  const claims = emptyJsonObject()
  if (subject !== undefined) claims['id'] = subject
  for (const name of Object.keys(document)) {
    if (!ENVELOPE_CLAIMS.has(name)) claims[name] = document[name] ?? null
  }
  return types.filter(isCredentialType).flatMap((type) => disclosedClaimsFaults(type, claims))
}

/**
 * The digest of the credential. What the holder must have signed begins with what the issuer signed, so both are hashed
 * in one pass where they are hashed alike.
 */
function digestOf(state: State): string {
  const { jws, covered } = required(state.sdJwt)
  if (state.hash !== 'sha-256') return credentialDigest(jws.token)
  const [issuers, holders] = sha256OfPrefix(encodeUtf8(covered), jws.token.lastIndexOf('.'))
  state.coveredDigest = encodeBase64url(holders)
  return encodeBase64url(issuers)
}

/**
 * The holder must have signed this presentation with the key that the issuer bound the credential to, and the credential
 * must be the holder's: because it says so in `sub`, or because the key is one of the holder's DID document. Otherwise
 * anybody who is lent a signature could show it as its own.
 */
async function checkHolder(state: State): Promise<undefined> {
  const { subject } = required(state.credential)
  const { holder, now, clockTolerance, keyBinding } = state.options
  const sdJwt = required(state.sdJwt)
  if (subject !== undefined && subject !== holder) {
    throw notHolders('the credential is about somebody else than its holder')
  }
  const jws = requireKeyBinding(sdJwt)
  const key = await boundKey(state)
  await verifyJwsSignature(jws, key)
  const coveredDigest = state.coveredDigest ?? sdDigest(required(state.hash), sdJwt.covered)
  checkOccasion(jws.claims, coveredDigest, { expected: required(keyBinding), now, clockTolerance })
}

async function boundKey(state: State): Promise<PublicJwk> {
  const { subject, document } = required(state.credential)
  const { holder, resolver, budget } = state.options
  const confirmation = required(confirmationOf(document))
  const key = 'jwk' in confirmation ? parsePublicJwk(confirmation.jwk) : undefined
  if (key !== undefined && subject !== undefined) return key
  if ('kid' in confirmation && parseDidUrl(confirmation.kid).did !== holder) {
    throw notHolders('the credential is bound to a key of somebody else')
  }
  const known = await resolver.resolveDocument(holder, budget === undefined ? {} : { budget })
  if ('kid' in confirmation) return findVerificationKey(known, confirmation.kid, 'authentication')
  const bound = required(key)
  const thumbprint = jwkThumbprint(bound)
  const isHolders = known.verificationMethod.some(
    ({ id, publicKey }) =>
      publicKey !== undefined && known.authentication.includes(id) && jwkThumbprint(publicKey) === thumbprint,
  )
  if (isHolders) return bound
  throw notHolders('the credential does not say whom it is about, and is bound to no key of its holder')
}

function notHolders(message: string): VerificationError {
  return new VerificationError('COMITY_CREDENTIAL_HOLDER', message, { spec: 'SD-JWT VC §2.2.2' })
}
