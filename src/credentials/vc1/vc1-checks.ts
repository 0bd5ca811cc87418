import { findVerificationKey, parseDidUrl, type DidDocument } from '../../did/index.ts'
import { TrustError, VerificationError, type ComityError } from '../../errors/index.ts'
import { algorithmsFor, verifyJwsSignature, type PublicJwk } from '../../keys/index.ts'
import { SIGNATURE_CHECKS, required, type Check, type CheckState, type SignatureOptions } from '../checks.ts'
import { digestOnDemand } from '../credential-digest.ts'
import { parseVc1Jws, readVc1 } from './unverified-vc1.ts'

/** Each key that is tried costs a verification, and the issuer says how many there are. */
const MAX_KEYS_TRIED = 8

type State = CheckState<SignatureOptions>

/** A key that may have signed the credential. */
interface CandidateKey {
  readonly kid: string
  readonly key: PublicJwk
}

const candidates = new WeakMap<State, readonly CandidateKey[]>()

/**
 * From text to a signature by the issuer, and the times, for credentials of the data model 1.1.
 *
 * Issuers of these often name no key. Then each key of the issuer's `assertionMethod` that fits the algorithm is tried,
 * 8 at most, and the one that verifies is the one that the credential is said to be signed with.
 */
export const VC1_SIGNATURE_CHECKS: readonly Check<SignatureOptions>[] = SIGNATURE_CHECKS.map((check) => {
  const own = { token: checkToken, form: checkForm, key: checkKey, signature: checkSignature }
  return Object.hasOwn(own, check.name) ? { ...check, run: own[check.name as keyof typeof own] } : check
})

async function checkToken(state: State): Promise<undefined> {
  state.jws = parseVc1Jws(state.token, state.options.maxLength)
  state.digest = digestOnDemand(state.token)
}

async function checkForm(state: State): Promise<readonly ComityError[]> {
  const { credential, faults } = readVc1(required(state.jws))
  if (credential !== undefined) state.credential = credential
  return faults
}

async function checkKey(state: State): Promise<undefined> {
  const { issuer, kid } = required(state.credential)
  const { resolver, budget, issuer: expected } = state.options
  if (expected !== undefined && issuer !== expected) {
    throw new VerificationError('COMITY_CREDENTIAL_ISSUER_MISMATCH', 'the credential is of another issuer')
  }
  if (kid !== '' && parseDidUrl(kid).did !== issuer) {
    throw new VerificationError('COMITY_CREDENTIAL_ISSUER_MISMATCH', 'the key is not one of the issuer', {
      spec: 'VCDM 1.1 §6.3.1',
    })
  }
  const document = await resolver.resolveDocument(issuer, budget === undefined ? {} : { budget })
  const found =
    kid === ''
      ? keysThatFit(document, required(state.jws).header.alg)
      : [{ kid, key: findVerificationKey(document, kid, 'assertionMethod') }]
  candidates.set(state, found)
}

function keysThatFit(document: DidDocument, alg: string): readonly CandidateKey[] {
  const fitting = document.verificationMethod.flatMap(({ id, publicKey }) => {
    const fits =
      publicKey !== undefined &&
      document.assertionMethod.includes(id) &&
      algorithmsFor(publicKey).some((algorithm) => algorithm === alg)
    return fits ? [{ kid: id, key: publicKey }] : []
  })
  if (fitting.length > 0 && fitting.length <= MAX_KEYS_TRIED) return fitting
  const message =
    fitting.length === 0
      ? 'the issuer has no key that fits'
      : 'the credential names no key, and the issuer has many'
  throw new TrustError('COMITY_DID_KEY_UNKNOWN', message, { details: { keys: fitting.length } })
}

async function checkSignature(state: State): Promise<undefined> {
  const [credential, jws] = [required(state.credential), required(state.jws)]
  const found = required(candidates.get(state))
  for (const [index, { kid, key }] of found.entries()) {
    try {
      await verifyJwsSignature(jws, key)
      state.credential = Object.freeze({ ...credential, kid })
      state.key = key
      return
    } catch (error) {
      const another = index < found.length - 1
      if (!another || !(error instanceof VerificationError) || error.code !== 'COMITY_SIGNATURE_INVALID')
        throw error
    }
  }
}
