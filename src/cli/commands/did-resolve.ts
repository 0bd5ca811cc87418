import { createDidResolver } from '../../did/index.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import type { ProgramOutput } from '../output.ts'

/** Prints the DID resolution result as JSON. Gives the exit code. */
export async function resolveDid(
  did: string,
  flags: NetworkFlags,
  { write }: ProgramOutput,
): Promise<number> {
  const fetch = await fetchFor(flags)
  try {
    const result = await createDidResolver({ fetch }).resolve(did)
    write(JSON.stringify(result, null, 2))
    return result.didDocument === null ? 1 : 0
  } finally {
    fetch.close()
  }
}
