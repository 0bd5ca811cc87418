import {
  createWebvhDid,
  deactivateWebvhDid,
  updateWebvhDid,
  type DocumentService,
  type WrittenWebvhDid,
} from '../did/index.ts'
import { parseJson } from '../encoding/index.ts'
import type { Signer } from '../keys/index.ts'
import { systemClock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { heldKeys, withKeys } from './document-keys.ts'
import { UsageError } from './output.ts'
import { keepFiles } from './published.ts'
import type { FolderState } from './state.ts'

/** A did:webvh of a folder: its log, and the did:key in the wallet that may sign the next version. */
export interface OwnWebvh {
  readonly log: string
  readonly updateKey: string
}

/** What a did:webvh is made of. */
export interface CreateOwnWebvhOptions {
  /** The URL of its place. */
  readonly location: string
  readonly controller: string
  readonly alsoKnownAs: readonly string[]
  readonly services: readonly DocumentService[]
  /** Whether it gets a key that signs what compliance proofs are made of. */
  readonly zk: boolean
}

const PREFIX = 'cli/webvh/'
const MAX_RECORD_BYTES = 8_388_608

/** The did:webvh of a folder; `undefined` when it is none of its own. */
export async function findOwnWebvh(store: Store, did: string): Promise<OwnWebvh | undefined> {
  const text = await store.get(`${PREFIX}${did}`)
  if (text === undefined) return undefined
  const { log, updateKey } = parseJson(text, { maxBytes: MAX_RECORD_BYTES }) as Record<string, string>
  return { log: log ?? '', updateKey: updateKey ?? '' }
}

async function keep(store: Store, { did, log, files }: WrittenWebvhDid, updateKey: string): Promise<void> {
  // First what the next version needs, as it cannot be had again; then what others see.
  await store.put(`${PREFIX}${did}`, JSON.stringify({ log, updateKey }))
  await keepFiles(store, files)
}

async function makeUpdateKey({ wallet }: FolderState): Promise<Signer> {
  const { did } = await wallet.createDidKey({ alg: 'Ed25519' })
  return wallet.signer(did, 'assertionMethod')
}

function didOf({ kid }: Signer): string {
  return kid.split('#')[0] ?? kid
}

/** Writes a version with the keys that the wallet has now, signed for the last time with the update key of before. */
async function writeVersion(
  state: FolderState,
  did: string,
  { log, updateKey }: OwnWebvh,
): Promise<WrittenWebvhDid> {
  const { wallet, store } = state
  const next = await makeUpdateKey(state)
  const keys = await heldKeys(wallet, did)
  const written = await updateWebvhDid({
    log,
    signer: await wallet.signer(updateKey, 'assertionMethod'),
    now: systemClock.now(),
    updateKeys: [next.publicJwk],
    document: (_did, current) => withKeys(current, keys),
  })
  await keep(store, written, didOf(next))
  await forgetKeys(state, updateKey)
  return written
}

/** A key that may sign no further version is of no more use. */
async function forgetKeys({ wallet }: FolderState, updateKey: string): Promise<void> {
  for (const { kid } of await wallet.keys(updateKey)) await wallet.removeKey(updateKey, kid)
}

/**
 * Makes a did:webvh in a folder, and what it serves.
 *
 * The DID is known only once its first version is made, and the wallet names keys by their DIDs: so the first version has
 * no key but the one that signs the second, and that has the others.
 */
export async function createOwnWebvh(
  state: FolderState,
  options: CreateOwnWebvhOptions,
): Promise<WrittenWebvhDid> {
  const { location, controller, alsoKnownAs, services, zk } = options
  const signer = await makeUpdateKey(state)
  const first = await createWebvhDid({
    location,
    document: (did) => ({
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/jwk/v1'],
      id: did,
      controller,
      ...(alsoKnownAs.length > 0 && { alsoKnownAs }),
      ...(services.length > 0 && {
        service: services.map(({ fragment, ...rest }) => ({ id: `${did}${fragment}`, ...rest })),
      }),
    }),
    signer,
    now: systemClock.now() - 1,
  })
  await state.wallet.createKey(first.did, { alg: 'Ed25519' })
  if (zk) await state.wallet.createZkKey(first.did)
  return writeVersion(state, first.did, { log: first.log, updateKey: didOf(signer) })
}

/**
 * Publishes a version with the keys that the wallet has now, and another update key.
 *
 * @throws {UsageError} The folder has no such did:webvh.
 * @throws {VerificationError} `COMITY_DID_DEACTIVATED` when it has come to its end.
 */
export async function rotateOwnWebvh(state: FolderState, did: string): Promise<WrittenWebvhDid> {
  return writeVersion(state, did, await ownWebvh(state, did))
}

/**
 * Publishes the last version.
 *
 * @throws {UsageError} The folder has no such did:webvh.
 * @throws {VerificationError} `COMITY_DID_DEACTIVATED` when it has come to its end already.
 */
export async function deactivateOwnWebvh(state: FolderState, did: string): Promise<WrittenWebvhDid> {
  const { log, updateKey } = await ownWebvh(state, did)
  const signer = await state.wallet.signer(updateKey, 'assertionMethod')
  const written = await deactivateWebvhDid({ log, signer, now: systemClock.now() })
  await keep(state.store, written, updateKey)
  return written
}

async function ownWebvh({ store }: FolderState, did: string): Promise<OwnWebvh> {
  const own = await findOwnWebvh(store, did)
  if (own === undefined) throw new UsageError(`${did} is no DID of this folder`)
  return own
}
