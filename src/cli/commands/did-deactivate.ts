import { parseDid } from '../../did/index.ts'
import { deactivateOwnWebvh, findOwnWebvh } from '../own-webvh.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { keptDocument, withdrawDocument } from '../published.ts'
import { withState } from '../state.ts'
import type { FolderFlags } from './did.ts'

/** Ends a DID that the folder publishes. Gives the exit code: 1 where it had come to its end before. */
export async function deactivateDid(
  did: string,
  { dir, json }: FolderFlags,
  output: ProgramOutput,
): Promise<number> {
  parseDid(did)
  const isNew = await withState(dir, async (state) => {
    if ((await findOwnWebvh(state.store, did)) !== undefined) {
      await deactivateOwnWebvh(state, did)
      return true
    }
    const document = await keptDocument(state.store, did)
    if (document === undefined) throw new UsageError(`${did} is not published by ${dir}`)
    if (document === 'gone') return false
    await withdrawDocument(state.store, did)
    return true
  })
  print(output, json, { ok: isNew, did }, [
    isNew
      ? `${did} is deactivated; \`comity revoke --agent\` tells peers at once, others notice within a minute`
      : `${did} was deactivated before`,
  ])
  return isNew ? 0 : 1
}
