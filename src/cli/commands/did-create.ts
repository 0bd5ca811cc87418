import { agentCardService, createWebDid, didWebFromUrl, type DocumentService } from '../../did/index.ts'
import { zkDocumentKey } from '../../wallet/index.ts'
import { createOwnWebvh } from '../own-webvh.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { keepDocument, keptDocument } from '../published.ts'
import { withState, type FolderState } from '../state.ts'
import type { FolderFlags } from './did.ts'

/** The flags of `comity did create`. */
export interface CreateDidFlags extends FolderFlags {
  /** `web`, `webvh` or `key`. */
  readonly method: string
  /** The URL of the DID's place, under the organization's origin. */
  readonly location?: string
  /** Other URIs of the same subject. */
  readonly alsoKnownAs: readonly string[]
  /** The URL of an A2A agent card. */
  readonly agentCard?: string
  /** Whether it gets a key that signs what compliance proofs are made of. */
  readonly zk: boolean
}

interface Place {
  readonly location: string
  readonly controller: string
  readonly alsoKnownAs: readonly string[]
  readonly services: readonly DocumentService[]
  readonly zk: boolean
}

/** Makes a DID with a key in the folder's wallet, and publishes it. Gives the exit code. */
export async function createDid(flags: CreateDidFlags, output: ProgramOutput): Promise<number> {
  const { dir, json, method } = flags
  const did = await withState(dir, async (state) => {
    if (method === 'key' && flags.zk) throw new UsageError('a did:key has no place for another key')
    if (method === 'key') return (await state.wallet.createDidKey({ alg: 'Ed25519' })).did
    const place = placeOf(state, flags)
    return method === 'web' ? createWeb(state, place) : (await createOwnWebvh(state, place)).did
  })
  print(output, json, { ok: true, did }, [method === 'key' ? did : `${did} is published by ${dir}`])
  return 0
}

function placeOf({ config }: FolderState, { location, alsoKnownAs, agentCard, zk }: CreateDidFlags): Place {
  const { origin, did: controller } = config
  if (origin === undefined) throw new UsageError('only an organization publishes DIDs of these methods')
  if (location === undefined)
    throw new UsageError('give --location, the URL of the place that the DID is to have')
  if (!URL.canParse(location) || new URL(location).origin !== origin)
    throw new UsageError(`--location must be under ${origin}`)
  const services = agentCard === undefined ? [] : [agentCardService({ url: agentCard })]
  return { location, controller, alsoKnownAs, services, zk }
}

async function createWeb({ wallet, store }: FolderState, place: Place): Promise<string> {
  const did = didWebFromUrl(place.location)
  if ((await keptDocument(store, did)) !== undefined)
    throw new UsageError(`${did} has been published already, and a DID is not used twice`)
  const { kid, publicJwk, purposes } = await wallet.createKey(did, { alg: 'Ed25519' })
  const zkKeys = place.zk ? [await wallet.createZkKey(did)] : []
  const keys = [
    { fragment: kid.slice(did.length), jwk: publicJwk, relationships: purposes },
    ...zkKeys.map((key) => zkDocumentKey(key.kid.slice(did.length), key.publicJwk, 'assertionMethod')),
  ]
  const { document } = createWebDid({ ...place, keys })
  if (document !== undefined) await keepDocument(store, document)
  return did
}
