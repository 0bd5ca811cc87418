/** A process that loads the key, verifies one proof, and sends how many milliseconds and CPU microseconds that took. */
import {
  DEVELOPMENT_VERIFICATION_KEY,
  parseComplianceProof,
  parseVerificationKey,
  verifyGroth16,
} from 'comity/zk'
import { readFile } from 'node:fs/promises'

const fixture = JSON.parse(await readFile('fixtures/zk/proofs.json', 'utf8')) as {
  readonly cases: readonly { readonly proof: string; readonly statement: string }[]
}
const [first] = fixture.cases
if (first === undefined) throw new Error('there are no proofs')
const statement = BigInt(`0x${Buffer.from(first.statement, 'base64url').toString('hex')}`)

const before = process.cpuUsage()
const started = performance.now()
const key = parseVerificationKey(DEVELOPMENT_VERIFICATION_KEY)
const proof = parseComplianceProof(first.proof, { domain: false, auditor: false })
const valid = verifyGroth16(key, proof, [statement])
const time = performance.now() - started
const { user, system } = process.cpuUsage(before)

if (!valid) throw new Error('the proof is refused')
process.send?.({ time, cpu: user + system })
