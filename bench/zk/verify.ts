import {
  DEVELOPMENT_VERIFICATION_KEY,
  parseComplianceProof,
  verifyComplianceProof,
  verifyComplianceProofs,
  type Groth16Proof,
} from 'comity/zk'
import { compare, contender } from '../evidence/credentials.ts'
import { interleave, type Effort, type Measured } from '../support/interleave.ts'
import type { Report } from '../support/result.ts'
import { loadProofs } from './proofs.ts'

const BATCH = 16
const GOAL = 1
const BATCH_GOAL = 0.5

/** snarkjs has no types. */
const SNARKJS: string = 'snarkjs'

type Verify = (key: object, publicSignals: readonly string[], proof: object) => Promise<boolean>

/** A proof with all checks, alone and in a batch, against snarkjs with the public input at hand. */
export async function benchVerifying(bench: string, report: Report, effort: Effort): Promise<void> {
  const { proofs, key } = await loadProofs()
  const [first] = proofs
  if (first === undefined) throw new Error('there are no proofs')
  const verify = await loadSnarkjs()
  const form = { domain: false, auditor: false }
  const theirs = snarkjsProof(parseComplianceProof(first.item.proof, form))
  const batch = Array.from({ length: BATCH }, (_, at) => (proofs[at % proofs.length] ?? first).item)
  const options = { ...first.item, verificationKey: key }
  const measured = await interleave(
    [
      contender('comity', async () => verifyComplianceProof(first.item.proof, options)),
      contender('comity, batch', async () => {
        if (verifyComplianceProofs(batch, key).some((each) => each instanceof Error))
          throw new Error('refused')
      }),
      contender('snarkjs', async () => {
        if (!(await verify(DEVELOPMENT_VERIFICATION_KEY, [first.statement], theirs)))
          throw new Error('refused')
      }),
    ],
    effort,
  )
  const shares = new Map(
    [...measured].map(([name, each]) => [name, name === 'comity, batch' ? share(each) : each]),
  )
  const alone = new Map([...shares].filter(([name]) => name !== 'comity, batch'))
  const together = new Map([...shares].filter(([name]) => name !== 'comity'))
  compare(bench, report, 'verify a proof', alone, { of: 'comity', to: 'snarkjs', goal: GOAL })
  compare(bench, report, `verify a proof of ${BATCH}`, together, {
    of: 'comity, batch',
    to: 'snarkjs',
    goal: BATCH_GOAL,
  })
  await (globalThis as { curve_bn128?: { terminate(): Promise<void> } }).curve_bn128?.terminate()
}

async function loadSnarkjs(): Promise<Verify> {
  const { groth16 } = (await import(SNARKJS)) as { readonly groth16: { readonly verify: Verify } }
  return groth16.verify
}

/** What one proof of a batch costs. */
function share({ cpu, byProcess, latency }: Measured): Measured {
  const part = (values: readonly number[]): number[] => values.map((value) => value / BATCH)
  const processes = Object.entries(byProcess).map(([name, values]) => [name, part(values)] as const)
  return { cpu: part(cpu), byProcess: Object.fromEntries(processes), latency: part(latency) }
}

function snarkjsProof({ a, b, c }: Groth16Proof): object {
  return {
    protocol: 'groth16',
    curve: 'bn128',
    pi_a: [String(a.x), String(a.y), '1'],
    pi_b: [
      [String(b.x.c0), String(b.x.c1)],
      [String(b.y.c0), String(b.y.c1)],
      ['1', '0'],
    ],
    pi_c: [String(c.x), String(c.y), '1'],
  }
}
