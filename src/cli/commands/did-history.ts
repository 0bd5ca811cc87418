import {
  findWebvhVersion,
  parseDidDocument,
  parseWebvhDid,
  verifyWebvhLog,
  type VerifiedWebvhLog,
} from '../../did/index.ts'
import { TrustError } from '../../errors/index.ts'
import type { JsonObject } from '../../encoding/index.ts'
import { systemClock } from '../../runtime/index.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import { findOwnWebvh } from '../own-webvh.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { versionsOf } from '../published.ts'
import { withState } from '../state.ts'
import type { FolderFlags } from './did.ts'

/** The flags of `comity did history`. */
export interface HistoryFlags extends Omit<FolderFlags, 'dir'>, NetworkFlags {
  /** The folder that publishes the DID; without it, its log is fetched. */
  readonly dir?: string
}

/** One version, as the command tells it. */
interface Told {
  readonly versionId: string
  readonly time: string
  /** The names of its keys; `undefined` when the DID came to its end. */
  readonly keys: readonly string[] | undefined
}

const MAX_LOG_BYTES = 4 << 20
const MAX_WITNESS_BYTES = 1 << 20

/** Lists the versions of a DID. Gives the exit code: 1 where none is known. */
export async function showHistory(did: string, flags: HistoryFlags, output: ProgramOutput): Promise<number> {
  const { json, dir } = flags
  const versions = dir === undefined ? await fetchHistory(did, flags) : await historyIn(dir, did)
  if (versions.length === 0)
    throw new TrustError('COMITY_DID_NOT_FOUND', 'no version of the DID is known here')
  print(
    output,
    json,
    { ok: true, did, versions },
    versions.map(({ versionId, time, keys }) => `${versionId} ${time} ${keys?.join(' ') ?? 'deactivated'}`),
  )
  return 0
}

async function historyIn(dir: string, did: string): Promise<readonly Told[]> {
  return withState(dir, async ({ store }) => {
    const own = await findOwnWebvh(store, did)
    if (own !== undefined) return tellLog(await verifyWebvhLog(did, { log: own.log, now: systemClock.now() }))
    const versions = await versionsOf(store, did)
    return versions.map(({ version, publishedAt, document }) => ({
      versionId: String(version),
      time: new Date(publishedAt * 1000).toISOString(),
      keys: document && keysOf(document),
    }))
  })
}

async function fetchHistory(did: string, flags: NetworkFlags): Promise<readonly Told[]> {
  if (!did.startsWith('did:webvh:'))
    throw new UsageError('only a did:webvh has a history that others can see')
  const { logUrl, witnessUrl } = parseWebvhDid(did)
  const fetch = await fetchFor(flags)
  try {
    const { status, body } = await fetch(logUrl, { maxBytes: MAX_LOG_BYTES })
    if (status !== 200) throw new TrustError('COMITY_DID_NOT_FOUND', 'the host has no log for the DID')
    const witness = async (): Promise<Uint8Array | undefined> => {
      const proofs = await fetch(witnessUrl, { maxBytes: MAX_WITNESS_BYTES })
      return proofs.status === 200 ? proofs.body : undefined
    }
    return tellLog(await verifyWebvhLog(did, { log: body, witness, now: systemClock.now() }))
  } finally {
    fetch.close()
  }
}

function tellLog(log: VerifiedWebvhLog): readonly Told[] {
  const last = log.versions.length
  return log.versions.map(({ versionId, versionNumber, versionTime }) => ({
    versionId,
    time: versionTime,
    keys:
      log.parameters.deactivated && versionNumber === last
        ? undefined
        : keysOf(findWebvhVersion(log, { versionNumber }).state),
  }))
}

function keysOf(document: JsonObject): readonly string[] {
  const did = document['id'] as string
  return parseDidDocument(document, did).verificationMethod.map(({ id }) => id.slice(did.length))
}
