import { compactVerify, importJWK } from 'jose'
import { createBundleSet, verifyJwtSvid } from 'comity/spiffe'
import { createSpiffeAuthority } from 'comity/testing'
import { compare, contender } from '../evidence/credentials.ts'
import { interleave, type Effort } from '../support/interleave.ts'
import type { Report } from '../support/result.ts'

const GOAL = 1.3

/** A JWT-SVID with all checks, against `jose.compactVerify` with an imported key. */
export async function benchJwtSvid(bench: string, report: Report, effort: Effort): Promise<void> {
  const authority = await createSpiffeAuthority('acme.example')
  const token = await authority.issueJwtSvid('/agents/ledger', 'globex', { lifetime: 3600 })
  const [key] = authority.bundle().jwtAuthorities.values()
  const imported = await importJWK({ ...key?.jwk } as { kty: string }, 'ES256')
  const options = {
    bundles: createBundleSet([authority.bundle()]),
    audience: 'globex',
    now: Date.now() / 1000,
  }
  const measured = await interleave(
    [
      contender('comity', async () => verifyJwtSvid(token, options)),
      contender('jose', async () => compactVerify(token, imported)),
    ],
    effort,
  )
  compare(bench, report, 'verify JWT-SVID, ES256', measured, { of: 'comity', to: 'jose', goal: GOAL })
}
