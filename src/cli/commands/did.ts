import { parseDidDocument } from '../../did/index.ts'
import { readJson } from '../folder.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { keepDocument, keptDocument } from '../published.ts'
import { objectIn, withState } from '../state.ts'

/** The flags that every command on a folder has. */
export interface FolderFlags {
  /** The folder. */
  readonly dir: string
  readonly json: boolean
}

/** Publishes an agent's DID document at its organization. Gives the exit code. */
export async function publishDocument(
  file: string,
  { dir, json }: FolderFlags,
  output: ProgramOutput,
): Promise<number> {
  const document = objectIn(await readJson(file))
  if (document === undefined || typeof document.id !== 'string')
    throw new UsageError(`${file} is no DID document`)
  const { id } = document
  const { controller } = parseDidDocument(document, id)
  await withState(dir, async ({ config, store }) => {
    if (config.kind !== 'organization') throw new UsageError(`${dir} is not the folder of an organization`)
    if (!id.startsWith(`${config.did}:`)) throw new UsageError(`${id} is not under ${config.did}`)
    if (!controller.includes(config.did))
      throw new UsageError(`${id} does not name ${config.did} as its controller`)
    if ((await keptDocument(store, id)) === 'gone') throw new UsageError(`${id} is deactivated`)
    await keepDocument(store, document)
  })
  print(output, json, { ok: true, did: id }, [`${id} is published by ${dir}`])
  return 0
}
