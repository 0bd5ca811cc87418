import { createDidResolver, parseDid, parseDidDocument, type DidDocument } from '../did/index.ts'
import type { PublicJwk } from '../keys/index.ts'
import type { Store } from '../store/index.ts'
import { fetchFor, type NetworkFlags } from './network.ts'
import { UsageError } from './output.ts'
import { keptDocument } from './published.ts'

/** Which key of whom, and how its document is found. */
export interface HolderKeyQuestion extends NetworkFlags {
  /** The DID of the holder. */
  readonly subject: string
  /** The DID URL of the key; needed only where there are several. */
  readonly holderKey?: string
}

/**
 * The key that a credential is to be bound to: the one in the `authentication` of its holder's DID document. The document
 * is the one that the folder publishes, or else is resolved.
 *
 * @throws {UsageError} The holder has no such key, or several and none was chosen, or was deactivated.
 */
export async function findHolderKey(store: Store, question: HolderKeyQuestion): Promise<PublicJwk> {
  const { subject, holderKey } = question
  const { verificationMethod, authentication } = await documentOf(store, question)
  const keys = verificationMethod.flatMap(({ id, publicKey }) =>
    publicKey !== undefined && authentication.includes(id) ? [{ id, publicKey }] : [],
  )
  const [key, ...others] = holderKey === undefined ? keys : keys.filter(({ id }) => id === holderKey)
  if (key === undefined) throw new UsageError(`${subject} has no such key for authentication`)
  if (others.length > 0) {
    throw new UsageError(
      `${subject} has several keys: say with --holder-key which one of ${keys.map(({ id }) => id).join(', ')}`,
    )
  }
  return key.publicKey
}

async function documentOf(store: Store, { subject, ...network }: HolderKeyQuestion): Promise<DidDocument> {
  parseDid(subject)
  const kept = await keptDocument(store, subject)
  if (kept === 'gone') throw new UsageError(`${subject} is deactivated`)
  if (kept !== undefined) return parseDidDocument(kept, subject)
  const fetch = await fetchFor(network)
  try {
    return await createDidResolver({ fetch }).resolveDocument(subject)
  } finally {
    fetch.close()
  }
}
