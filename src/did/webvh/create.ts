import type { JsonObject } from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import type { PublicJwk, Signer } from '../../keys/index.ts'
import { didWebFromUrl } from '../web-url.ts'
import { contentOf, PLACEHOLDER, scidOf } from './entry.ts'
import { parseWebvhDid } from './location.ts'
import { parallelDid, replaceText, withAlias } from './parallel-web.ts'
import { METHOD } from './parameters.ts'
import { formatLogTime } from './time.ts'
import type { WitnessConfig } from './witness-config.ts'
import { toKeyHashes, toMultikeys, toWitnessParameter, writeVersion, type WrittenWebvhDid } from './write.ts'

/** What {@link createWebvhDid} makes a DID of. */
export interface CreateWebvhDidOptions {
  /** Where it will be: an `https` URL such as `https://acme.example` or `https://acme.example/agents/invoices`. */
  readonly location: string
  /** Makes the document, once the DID is known. It is called with a stand-in of the same length. */
  readonly document: (did: string) => JsonObject
  /** Signs the first version: an Ed25519 key, one of `updateKeys`. */
  readonly signer: Signer
  /** Ed25519 keys that may sign the next version. Defaults to the signer's. */
  readonly updateKeys?: readonly PublicJwk[]
  /** Keys to commit to: only these may sign the next version (pre-rotation). Keep their private keys apart. */
  readonly nextKeys?: readonly PublicJwk[]
  /** Who must approve each version, this one too. */
  readonly witness?: WitnessConfig
  /** URLs of those who watch the DID. */
  readonly watchers?: readonly string[]
  /** Whether the DID may move to another place later. It cannot be allowed afterwards. Defaults to `false`. */
  readonly portable?: boolean
  /** Seconds for which others may keep the document. Defaults to 3600. */
  readonly ttl?: number
  /** Whether to publish a parallel `did:web` at the same place. Defaults to `false`. */
  readonly web?: boolean
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
}

/** The multihash of a digest of zeros: no SCID is ever this one, and it parses as one. */
const STAND_IN = 'QmNLei78zWmzUdbeRB3CiUfAizWUrbeeZh5K1rhAQKCh51'

/** Where a DID will be, as DIDs have it. */
export function placeOf(location: string): string {
  try {
    return didWebFromUrl(location).slice('did:web:'.length)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw new TypeError(`options.location is not a place for a DID: ${cause.message}`, { cause })
  }
}

function firstParameters(options: CreateWebvhDidOptions): JsonObject {
  const {
    signer,
    updateKeys = [signer.publicJwk],
    nextKeys,
    witness,
    watchers,
    ttl,
    portable = false,
  } = options
  return {
    method: METHOD,
    scid: STAND_IN,
    updateKeys: toMultikeys(updateKeys),
    portable,
    ...(nextKeys !== undefined && { nextKeyHashes: toKeyHashes(nextKeys) }),
    ...(witness !== undefined && { witness: toWitnessParameter(witness) }),
    ...(watchers !== undefined && { watchers }),
    ...(ttl !== undefined && { ttl }),
  }
}

/**
 * Makes a `did:webvh` and its first version.
 *
 * @returns The DID and the files to host.
 * @throws {TypeError} The options do not make a valid version: the place is none, the document is not accepted, the
 *   signer is not one of the update keys, a parameter is malformed, or `now` is no time.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#create-register | did:webvh, Create}
 */
export async function createWebvhDid(options: CreateWebvhDidOptions): Promise<WrittenWebvhDid> {
  const { location, document, signer, web = false, now } = options
  const did = `did:webvh:${STAND_IN}:${placeOf(location)}`
  const made = document(did)
  const draft = web ? withAlias(made, parallelDid(parseWebvhDid(did))) : made
  if (JSON.stringify(draft).includes(PLACEHOLDER))
    throw new TypeError(`a document must not have \`${PLACEHOLDER}\` in it`)
  const parameters = firstParameters(options)
  const content = contentOf({ parameters, state: draft, versionTime: formatLogTime(now) })
  const scid = scidOf(content, STAND_IN)
  return writeVersion(
    {
      parameters: { ...parameters, scid },
      state: replaceText(draft, STAND_IN, scid),
      predecessor: scid,
      signer,
      now,
    },
    undefined,
  )
}
