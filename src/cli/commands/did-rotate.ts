import { join } from 'node:path'
import { systemClock } from '../../runtime/index.ts'
import { heldKeys, withKeys } from '../document-keys.ts'
import { readJson, writeJson } from '../folder.ts'
import { findOwnWebvh, rotateOwnWebvh } from '../own-webvh.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { keepDocument, keptDocument } from '../published.ts'
import { objectIn, withState, type FolderState } from '../state.ts'
import type { FolderFlags } from './did.ts'

/** The flags of `comity did rotate`. */
export interface RotateFlags extends FolderFlags {
  /** Whether to drop the old keys, and make no new one. */
  readonly drop: boolean
  /** Whether the key, or what is dropped, is one that signs what compliance proofs are made of. */
  readonly zk: boolean
  /** The DID; the folder's own where it is not given. */
  readonly did?: string
  /** Seconds until the new key signs. */
  readonly signsIn: string
}

const MAX_SECONDS = 2_592_000

/** Makes a new key; the old ones stay in the document until they are dropped. Gives the exit code. */
export async function rotateKey(flags: RotateFlags, output: ProgramOutput): Promise<number> {
  const { dir, json, drop, zk } = flags
  const signsIn = Number(flags.signsIn)
  if (!Number.isInteger(signsIn) || signsIn < 0 || signsIn > MAX_SECONDS)
    throw new UsageError(`--signs-in must be a whole number of seconds, at most ${String(MAX_SECONDS)}`)
  const { did, kids, signsFrom } = await withState(dir, async (state) => {
    const subject = flags.did ?? state.config.did
    const signs = drop || zk ? undefined : await addKey(state, subject, signsIn)
    if (zk) await (drop ? dropZkKeys : addZkKey)(state, subject)
    else if (drop) await dropKeys(state, subject)
    await publish(state, subject)
    const { keys, zkKeys } = await heldKeys(state.wallet, subject)
    return { did: subject, kids: [...keys, ...zkKeys].map(({ kid }) => kid), signsFrom: signs }
  })
  const when =
    signsFrom === undefined ? '' : `, and signs from ${new Date(signsFrom * 1000).toISOString()} on`
  print(output, json, { ok: true, did, keys: kids, ...(signsFrom !== undefined && { signsFrom }) }, [
    drop ? 'the old keys are dropped' : `there is a new key${when}; the old ones verify until \`--drop\``,
    ...kids,
  ])
  return 0
}

async function addKey({ wallet }: FolderState, did: string, signsIn: number): Promise<number> {
  const last = (await wallet.keys(did)).at(-1)
  if (last === undefined) throw new UsageError(`${did} is no DID of this folder`)
  const { signsFrom } = await wallet.createKey(did, {
    alg: last.alg,
    purposes: last.purposes,
    signsFrom: Math.floor(systemClock.now()) + signsIn,
  })
  return signsFrom
}

/** Makes a key on BabyJubJub, which signs at once: what it signs is of use when the document is out. */
async function addZkKey({ wallet }: FolderState, did: string): Promise<void> {
  if ((await wallet.keys(did)).length === 0) throw new UsageError(`${did} is no DID of this folder`)
  await wallet.createZkKey(did)
}

/** Keeps the newest key on BabyJubJub alone. What the others have signed proves nothing from then on. */
async function dropZkKeys({ wallet }: FolderState, did: string): Promise<void> {
  for (const { kid } of (await wallet.zkKeys(did)).slice(0, -1)) await wallet.removeZkKey(did, kid)
}

/** Keeps the newest key alone, once it signs: before that the others do. */
async function dropKeys({ wallet }: FolderState, did: string): Promise<void> {
  const keys = await wallet.keys(did)
  const newest = keys.at(-1)
  if (newest === undefined) throw new UsageError(`${did} is no DID of this folder`)
  if (newest.signsFrom > systemClock.now()) {
    const moment = new Date(newest.signsFrom * 1000).toISOString()
    throw new UsageError(`the new key does not sign before ${moment}: drop the old ones after that`)
  }
  for (const { kid } of keys.slice(0, -1)) await wallet.removeKey(did, kid)
}

/** Publishes the document with the keys that the wallet has now. */
async function publish(state: FolderState, did: string): Promise<void> {
  const { folder, config, store, wallet } = state
  if ((await findOwnWebvh(store, did)) !== undefined) {
    await rotateOwnWebvh(state, did)
    return
  }
  const keys = await heldKeys(wallet, did)
  const document = await keptDocument(store, did)
  if (document === 'gone') throw new UsageError(`${did} is deactivated`)
  if (document !== undefined) {
    await keepDocument(store, withKeys(document, keys))
    return
  }
  const file = join(folder, 'did.json')
  const own = did === config.did ? objectIn(await readJson(file)) : undefined
  if (own === undefined) throw new UsageError(`${did} has no document in this folder`)
  await writeJson(file, withKeys(own, keys))
}
