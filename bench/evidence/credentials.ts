import { jwtVerify } from 'jose'
import { issueCredential, verifyCredential } from 'comity/credentials'
import type { SignatureAlgorithm } from 'comity/keys'
import { interleave, ratio, type Contender, type Effort, type Measured } from '../support/interleave.ts'
import { figure, type Report } from '../support/result.ts'
import { median, percentile } from '../support/statistics.ts'
import { createKeyHolder, expecting, joseKey, offlineResolver, POSTURE } from './parties.ts'
import { createVeramoVerifier, issueVc1Jwt } from './veramo.ts'

/** How much is verified. */
export type CredentialEffort = Effort

const GOAL = 1.5
/** Five times as fast. */
const VERAMO_GOAL = 0.2

/** Verifying one credential, each format next to its bare signatures. */
export async function benchCredentials(
  bench: string,
  report: Report,
  effort: CredentialEffort,
): Promise<void> {
  for (const alg of ['Ed25519', 'ES256'] as const) await benchVcJwt(bench, report, alg, effort)
  await benchVeramo(bench, report, effort)
}

/** A JWT of the data model 1.1, which Veramo knows: by us with all checks, and by Veramo. */
async function benchVeramo(bench: string, report: Report, effort: CredentialEffort): Promise<void> {
  const [issuer, holder] = [await createKeyHolder('ES256'), await createKeyHolder('Ed25519')]
  const token = await issueVc1Jwt(issuer, 'ES256', holder.did)
  const resolver = offlineResolver()
  const options = { ...expecting(holder.did, resolver), format: 'jwt_vc_json' } as const
  const veramo = createVeramoVerifier(resolver)
  const measured = await interleave(
    [
      contender('comity', async () => verifyCredential(token, options)),
      contender('Veramo', async () => veramo.verifyCredential({ credential: token })),
    ],
    effort,
  )
  const comparison = { of: 'comity', to: 'Veramo', goal: VERAMO_GOAL }
  compare(bench, report, 'verify VC 1.1 JWT, ES256', measured, comparison)
}

/** A `vc+jwt`, the issuer's document at hand, against `jose.jwtVerify` with an imported key. */
async function benchVcJwt(
  bench: string,
  report: Report,
  alg: SignatureAlgorithm,
  effort: CredentialEffort,
): Promise<void> {
  const issuer = await createKeyHolder(alg)
  const holder = await createKeyHolder('Ed25519')
  const now = Date.now() / 1000
  const token = await issueCredential({
    signer: issuer.signer,
    issuer: issuer.did,
    type: 'AgentPostureCredential',
    subject: holder.did,
    claims: POSTURE,
    validFrom: now - 60,
    validUntil: now + 3600,
  })
  const options = expecting(holder.did, offlineResolver())
  const key = await joseKey(issuer.signer.publicJwk, alg)
  const measured = await interleave(
    [
      contender('comity', async () => verifyCredential(token, options)),
      contender('jose', async () => jwtVerify(token, key)),
    ],
    effort,
  )
  compare(bench, report, `verify vc+jwt, ${alg}`, measured, { of: 'comity', to: 'jose', goal: GOAL })
}

/** Something that is done, whatever comes of it. */
export function contender(name: string, run: () => Promise<unknown>): Contender {
  return {
    name,
    run: async () => {
      await run()
    },
  }
}

/** Reports the ratio of two contenders, and what each costs. */
export function compare(
  bench: string,
  report: Report,
  name: string,
  measured: ReadonlyMap<string, Measured>,
  { of, to, goal }: { readonly of: string; readonly to: string; readonly goal?: number },
): void {
  const [ours, theirs] = [measured.get(of), measured.get(to)]
  if (ours === undefined || theirs === undefined) throw new Error('a contender is missing')
  report(figure(bench, name, `${of} cpu / ${to} cpu`, ratio(ours, theirs), '1', goal))
  for (const [contender, { cpu, latency }] of measured) {
    report(figure(bench, name, `${contender} cpu`, median(cpu), 'µs'))
    report(figure(bench, name, `${contender} p50`, percentile(latency, 50), 'ms'))
  }
}
