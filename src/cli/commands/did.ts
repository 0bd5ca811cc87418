import { join } from 'node:path'
import { parseDidDocument } from '../../did/index.ts'
import { readJson, writeJson } from '../folder.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import {
  agentDocument,
  keepDocument,
  objectIn,
  organizationDocument,
  withState,
  type FolderState,
} from '../state.ts'

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
    await keepDocument(store, document)
  })
  print(output, json, { ok: true, did: id }, [
    `${id} is published by ${dir} from the next \`comity serve\` on`,
  ])
  return 0
}

/** Makes a new key; the old ones stay in the document until they are dropped. Gives the exit code. */
export async function rotateKey(
  { dir, json, drop }: FolderFlags & { readonly drop: boolean },
  output: ProgramOutput,
): Promise<number> {
  const kids = await withState(dir, async (state) => {
    const { wallet, config } = state
    const current = await wallet.signer(config.did, 'authentication')
    if (drop) {
      for (const { kid } of await wallet.keys(config.did)) {
        if (kid !== current.kid) await wallet.removeKey(config.did, kid)
      }
    } else {
      await wallet.createKey(config.did, { alg: 'Ed25519' })
    }
    await writeDocument(state)
    return (await wallet.keys(config.did)).map(({ kid }) => kid)
  })
  print(output, json, { ok: true, keys: kids }, [
    drop ? 'the old keys are dropped' : 'there is a new key; the old ones verify until `--drop`',
    ...kids,
  ])
  return 0
}

/** Writes the document of the folder's DID with the keys that the wallet has now. */
async function writeDocument({ folder, config, store, wallet }: FolderState): Promise<void> {
  const keys = (await wallet.keys(config.did)).map(({ kid, publicJwk }) => ({
    fragment: kid.slice(config.did.length),
    jwk: publicJwk,
  }))
  const { did, origin, organization } = config
  if (origin !== undefined) await keepDocument(store, organizationDocument(did, origin, keys))
  if (organization !== undefined)
    await writeJson(join(folder, 'did.json'), agentDocument(did, organization, keys))
}
