import { readFile } from 'node:fs/promises'
import { parseDemand } from '../../demand/index.ts'
import { chooseDisclosure, releasable } from '../../handshake/index.ts'
import { systemClock } from '../../runtime/index.ts'
import type { ReleaseRule } from '../../wallet/index.ts'
import { readJson } from '../folder.ts'
import { print, type ProgramOutput } from '../output.ts'
import { withState } from '../state.ts'
import type { FolderFlags } from './did.ts'

/** Takes a credential into an agent's wallet. Gives the exit code. */
export async function addCredential(
  file: string,
  { dir, json, release }: FolderFlags & { readonly release: string },
  output: ProgramOutput,
): Promise<number> {
  const token = (await readFile(file, 'utf8')).trim()
  const rule = await readRelease(release)
  const { types, issuer, digest } = await withState(dir, ({ wallet }) =>
    wallet.addCredential(token, { release: rule }),
  )
  print(output, json, { ok: true, types, issuer, digest }, [
    `${types.join(', ')} by ${issuer} is in the wallet of ${dir}`,
  ])
  return 0
}

/** Says what would be shown for a demand, to a peer that has met no release rule yet. Gives the exit code. */
export async function present(
  file: string,
  { dir, json }: FolderFlags,
  output: ProgramOutput,
): Promise<number> {
  const demand = parseDemand(await readJson(file))
  const now = systemClock.now()
  const { config, held } = await withState(dir, async (state) => ({
    config: state.config,
    held: await state.wallet.credentials(state.config.did),
  }))
  const { evidence, complete } = chooseDisclosure(demand, releasable(held, undefined, now), now)
  const shown = evidence.map(({ query, held: { format, types }, disclose }) => ({
    query: query ?? null,
    format,
    types,
    ...(format === 'dc+sd-jwt' && { disclose }),
  }))
  print(output, json, { ok: complete, did: config.did, shown }, [
    complete ? 'the demand can be answered; this would be shown:' : 'the demand cannot be answered in full',
    ...shown.map(({ query, types }) => `  ${query ?? 'beside the queries'}: ${types.join(', ')}`),
  ])
  return complete ? 0 : 1
}

async function readRelease(text: string): Promise<ReleaseRule> {
  return text === 'public' || text === 'never' ? text : parseDemand(await readJson(text))
}
