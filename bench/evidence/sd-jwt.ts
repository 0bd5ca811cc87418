import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { compactVerify } from 'jose'
import { issueSdJwtCredential, presentSdJwtCredential, verifyCredential } from 'comity/credentials'
import { decodeBase64url, encodeUtf8 } from 'comity/encoding'
import { verifyBytes, type SignatureAlgorithm, type Signer } from 'comity/keys'
import { sha256 } from 'comity/runtime'
import { interleave, ratio, type Effort } from '../support/interleave.ts'
import { figure, type Report } from '../support/result.ts'
import { compare, contender } from './credentials.ts'
import { createKeyHolder, expecting, joseKey, offlineResolver, POSTURE } from './parties.ts'

const GOAL = 1.5
/** No slower than the other implementation. */
const GOAL_OTHER = 1
const OCCASION = { nonce: 'wPbBvPmVdYJ2Mme3DVXYkw', audience: 'did:web:verifier.example' }
const DISCLOSE = [['region'], ['openCriticalVulnerabilities']]

/**
 * An SD-JWT VC with key binding, two of its eight claims shown and the issuer's document at hand, against its two bare
 * signatures, and against the verifier of @sd-jwt/sd-jwt-vc, which is given the same keys and uses the same signatures.
 */
export async function benchSdJwt(bench: string, report: Report, effort: Effort): Promise<void> {
  for (const alg of ['Ed25519', 'ES256'] as const) await benchAlgorithm(bench, report, alg, effort)
}

async function benchAlgorithm(
  bench: string,
  report: Report,
  alg: SignatureAlgorithm,
  effort: Effort,
): Promise<void> {
  const [issuer, holder] = [await createKeyHolder(alg), await createKeyHolder(alg)]
  const now = Date.now() / 1000
  const whole = await issueSdJwtCredential({
    signer: issuer.signer,
    issuer: issuer.did,
    type: 'AgentPostureCredential',
    subject: holder.did,
    claims: POSTURE,
    holderKey: holder.signer.publicJwk,
    validFrom: now - 60,
    validUntil: now + 3600,
  })
  const token = await presentSdJwtCredential(whole, {
    disclose: DISCLOSE,
    holder: holder.signer,
    now,
    ...OCCASION,
  })
  const parts = token.split('~')
  const [issuerJwt = '', holderJwt = ''] = [parts[0], parts.at(-1)]
  const keys = [
    await joseKey(issuer.signer.publicJwk, alg),
    await joseKey(holder.signer.publicJwk, alg),
  ] as const
  const options = {
    ...expecting(holder.did, offlineResolver()),
    format: 'dc+sd-jwt',
    keyBinding: { ...OCCASION, maxAge: 3600 },
  } as const
  const other = createOther(issuer.signer, holder.signer)
  const measured = await interleave(
    [
      contender('comity', async () => verifyCredential(token, options)),
      contender('jose', async () => {
        await compactVerify(issuerJwt, keys[0])
        await compactVerify(holderJwt, keys[1])
      }),
      contender('@sd-jwt', async () =>
        other.verify(token, { keyBindingNonce: OCCASION.nonce, currentDate: Math.floor(now) }),
      ),
    ],
    effort,
  )
  const name = `verify dc+sd-jwt with key binding, ${alg}`
  compare(bench, report, name, measured, { of: 'comity', to: 'jose', goal: GOAL })
  const [ours, theirs] = [measured.get('comity'), measured.get('@sd-jwt')]
  if (ours === undefined || theirs === undefined) throw new Error('a contender is missing')
  report(figure(bench, name, 'comity cpu / @sd-jwt cpu', ratio(ours, theirs), '1', GOAL_OTHER))
}

/** The other implementation, with the hash function and the signatures that are used here. */
function createOther(issuer: Signer, holder: Signer): SDJwtVcInstance {
  const verifier = ({ alg, publicJwk }: Signer) => {
    return async (data: string, signature: string): Promise<boolean> => {
      await verifyBytes(publicJwk, alg, encodeUtf8(data), decodeBase64url(signature))
      return true
    }
  }
  return new SDJwtVcInstance({
    hasher: (data) => sha256(typeof data === 'string' ? encodeUtf8(data) : new Uint8Array(data)),
    verifier: verifier(issuer),
    kbVerifier: verifier(holder),
  })
}
