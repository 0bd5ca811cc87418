import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDemand, type Demand } from '../../demand/index.ts'
import { chooseFromWallet, presentForDemand } from '../../handshake/index.ts'
import { systemClock } from '../../runtime/index.ts'
import { readJson } from '../folder.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { withState } from '../state.ts'
import type { FolderFlags } from './did.ts'

/** The flags of `comity present`. */
export interface PresentFlags extends FolderFlags {
  /** The DID of the verifier. */
  readonly audience?: string
  /** What the verifier gave to be signed. */
  readonly nonce?: string
  /** The folder that the presentations go to. */
  readonly out?: string
}

/**
 * Says what would be shown for a demand, to a peer that has met no release rule yet; or signs it for a verifier. Gives the
 * exit code.
 */
export async function present(file: string, flags: PresentFlags, output: ProgramOutput): Promise<number> {
  const { audience, nonce, out } = flags
  const demand = parseDemand(await readJson(file))
  if (audience !== undefined && nonce !== undefined && out !== undefined) {
    return presentTo({ audience, nonce, out }, demand, flags, output)
  }
  if (audience !== undefined || nonce !== undefined || out !== undefined) {
    throw new UsageError('give --audience, --nonce and --out, or none of them')
  }
  return sayWhat(demand, flags, output)
}

async function sayWhat(demand: Demand, { dir, json }: FolderFlags, output: ProgramOutput): Promise<number> {
  const { did, choice } = await withState(dir, async ({ config, wallet }) => {
    const question = { wallet, holder: config.did, peer: undefined, now: systemClock.now() }
    return { did: config.did, choice: await chooseFromWallet(demand, question) }
  })
  const { evidence, complete } = choice
  const shown = evidence.map(({ query, held: { format, types }, disclose }) => ({
    query: query ?? null,
    format,
    types,
    ...(format === 'dc+sd-jwt' && { disclose }),
  }))
  print(output, json, { ok: complete, did, shown }, [
    complete ? 'the demand can be answered; this would be shown:' : 'the demand cannot be answered in full',
    ...shown.map(({ query, types }) => `  ${query ?? 'beside the queries'}: ${types.join(', ')}`),
  ])
  return complete ? 0 : 1
}

async function presentTo(
  { audience, nonce, out }: Required<Pick<PresentFlags, 'audience' | 'nonce' | 'out'>>,
  demand: Demand,
  { dir, json }: FolderFlags,
  output: ProgramOutput,
): Promise<number> {
  const { did, presented } = await withState(dir, async ({ config, wallet }) => ({
    did: config.did,
    presented: await presentForDemand(demand, { wallet, holder: config.did, audience, nonce }),
  }))
  await mkdir(out, { recursive: true, mode: 0o700 })
  const shown: { file: string; format: string; queries: readonly string[] }[] = []
  for (const [index, { format, token, queries }] of presented.entries()) {
    // The names of queries come from the verifier: no file is named by them.
    const file = join(out, `${String(index + 1)}.${format}`)
    await writeFile(file, `${token}\n`, { mode: 0o600 })
    await chmod(file, 0o600)
    shown.push({ file, format, queries })
  }
  print(output, json, { ok: true, did, audience, shown }, [
    presented.length === 0 ? 'the demand asks for nothing that could be shown' : `signed for ${audience}:`,
    ...shown.map(({ file, queries }) => `  ${file}: ${queries.join(', ') || 'beside the queries'}`),
  ])
  return 0
}
