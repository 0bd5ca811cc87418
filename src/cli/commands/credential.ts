import { readFile } from 'node:fs/promises'
import { parseDemand } from '../../demand/index.ts'
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

async function readRelease(text: string): Promise<ReleaseRule> {
  return text === 'public' || text === 'never' ? text : parseDemand(await readJson(text))
}
