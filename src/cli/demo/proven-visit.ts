import type { Cast } from './cast.ts'
import type { StepResult } from './report.ts'

/** What is not secret and yet would tell Globex who came. */
function telltale({ dids, origins }: Cast): readonly string[] {
  return [dids.acme, dids.invoices, dids.reports, new URL(origins.acme).host]
}

/**
 * Acme's agent proves to Globex what it is, reads invoices, and an auditor finds out afterwards who that was: from what
 * Globex has kept, with the auditor's key and the issuer's records.
 */
export async function provenVisit(cast: Cast): Promise<StepResult> {
  const { acme, auditor, globex, invoices, origins, dids, artifacts } = cast
  if (artifacts === undefined) throw new TypeError('there is no circuit')
  await globex.call('openForProofs', { origins, auditor: await auditor.call('configure', origins) })
  const { status, provingMs, handshakeMs } = await invoices.call('visitWithProofs', { artifacts })
  const known = await globex.call('provenSessions')
  const [session, ...others] = known.sessions
  const proofs = session?.compliance ?? []
  const kept = JSON.stringify(known)
  const found = await Promise.all(
    proofs.map(async ({ escrow }) => {
      if (escrow === undefined) return undefined
      const complianceDigest = await auditor.call('open', { ciphertext: escrow.ciphertext })
      return acme.call('subjectOf', { complianceDigest })
    }),
  )
  const isHidden = telltale(cast).every((text) => !kept.includes(text))
  const isFound = found.length === 2 && found.every((subject) => subject === dids.invoices)
  return {
    ok: status === 200 && others.length === 0 && isHidden && isFound,
    detail: {
      'Globex saw': `${session?.agent ?? 'nobody'}, a key for this once`,
      'and knows of it': proofs.map(({ query }) => query).join(', '),
      'the auditor found': found.join(', '),
      'two proofs, made ahead': `${String(provingMs)} ms`,
      'handshake with them': `${String(handshakeMs)} ms`,
      setup: 'development: not for production',
    },
  }
}
