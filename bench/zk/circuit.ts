import { readFile, stat } from 'node:fs/promises'
import { figure, type Report } from '../support/result.ts'

const BUILD = 'circuits/build'
/** A key for more constraints is twice as large, and a proof takes twice as long. */
const MAX_CONSTRAINTS = 32_768

/** How large the circuit is that is built, and what has to be carried along to prove with it. */
export async function benchCircuit(bench: string, report: Report): Promise<void> {
  const manifest = JSON.parse(await readFile(`${BUILD}/manifest.json`, 'utf8')) as {
    readonly r1cs: { readonly constraints: number }
  }
  const { size } = await stat(`${BUILD}/compliance.zkey`)
  report(figure(bench, 'circuit', 'constraints', manifest.r1cs.constraints, '1', MAX_CONSTRAINTS))
  report(figure(bench, 'circuit', 'proving key', size / 1e6, 'MB'))
}
