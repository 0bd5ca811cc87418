import type { JsonObject, JsonValue } from '../../encoding/index.ts'
import { VerificationError } from '../../errors/index.ts'
import type { PublicJwk, Signer } from '../../keys/index.ts'
import { encodeMultikey } from '../multikey.ts'
import { placeOf } from './create.ts'
import { webFile } from './files.ts'
import { parseWebvhDid } from './location.ts'
import { deactivatedDidWeb, parallelDid, replaceText, withAlias } from './parallel-web.ts'
import type { WitnessConfig } from './witness-config.ts'
import {
  readOwnLog,
  toKeyHashes,
  toMultikeys,
  toWitnessParameter,
  writeVersion,
  type OwnLog,
  type WrittenWebvhDid,
} from './write.ts'

/** What {@link deactivateWebvhDid} needs. */
export interface DeactivateWebvhDidOptions {
  /** The log as it is hosted now. */
  readonly log: Uint8Array | string
  /** Signs the new version: one of the update keys; with pre-rotation, one of those committed to. */
  readonly signer: Signer
  /** The current time in seconds since the Unix epoch, later than the last version. */
  readonly now: number
}

/** What {@link updateWebvhDid} changes. What is left out stays as it is. */
export interface UpdateWebvhDidOptions extends DeactivateWebvhDidOptions {
  /** Makes the document out of the current one, for the DID, which is another when it moves. */
  readonly document?: (did: string, current: JsonObject) => JsonObject
  /**
   * Ed25519 keys that may sign the version after this one: rotates to them. With pre-rotation they must be among those
   * committed to, sign this version already, and default to the signer's.
   */
  readonly updateKeys?: readonly PublicJwk[]
  /** Keys to commit to; none ends pre-rotation, and must be written then. Required while pre-rotation is active. */
  readonly nextKeys?: readonly PublicJwk[]
  /** Who must approve the versions after this one; `null` for nobody. */
  readonly witness?: WitnessConfig | null
  /** URLs of those who watch the DID. */
  readonly watchers?: readonly string[]
  /** Seconds for which others may keep the document. */
  readonly ttl?: number
  /** Ends that the DID may move. */
  readonly portable?: false
  /** Where the DID moves to: an `https` URL. It must be portable. The old place should serve the log as well for a while. */
  readonly location?: string
  /** Whether to publish a parallel `did:web` at the same place; `false` takes its name out of the document. */
  readonly web?: boolean
}

function readParameters(options: UpdateWebvhDidOptions, { tip }: OwnLog): JsonObject {
  const { signer, nextKeys, witness, watchers, ttl, portable } = options
  const isCommitted = tip.parameters.nextKeyHashes.length > 0
  if (isCommitted && nextKeys === undefined)
    throw new TypeError('options.nextKeys must be given while pre-rotation is active; an empty list ends it')
  const updateKeys = options.updateKeys ?? (isCommitted ? [signer.publicJwk] : undefined)
  return {
    ...(updateKeys !== undefined && { updateKeys: toMultikeys(updateKeys) }),
    ...(nextKeys !== undefined && { nextKeyHashes: toKeyHashes(nextKeys) }),
    ...(witness !== undefined && { witness: toWitnessParameter(witness) }),
    ...(watchers !== undefined && { watchers }),
    ...(ttl !== undefined && { ttl }),
    ...(portable !== undefined && { portable }),
  }
}

function withoutAlias(document: JsonObject, alias: string): JsonObject {
  const aliases = (document['alsoKnownAs'] ?? []) as readonly JsonValue[]
  return { ...document, alsoKnownAs: aliases.filter((name) => name !== alias) }
}

function hasAlias(document: JsonObject, alias: string): boolean {
  const aliases = document['alsoKnownAs']
  return Array.isArray(aliases) && aliases.includes(alias)
}

function makeDocument(options: UpdateWebvhDidOptions, { tip, state }: OwnLog): JsonObject {
  const { document, location } = options
  const before = tip.did
  const subject =
    location === undefined ? before : parseWebvhDid(`did:webvh:${before.scid}:${placeOf(location)}`)
  const hasMoved = subject.did !== before.did
  const moved = hasMoved
    ? replaceText(withoutAlias(state, parallelDid(before)), before.did, subject.did)
    : state
  const made = document === undefined ? moved : document(subject.did, moved)
  const named = hasMoved ? withAlias(made, before.did) : made
  const { web = hasAlias(state, parallelDid(before)) } = options
  const alias = parallelDid(subject)
  if (web) return withAlias(named, alias)
  return options.web === false && hasAlias(named, alias) ? withoutAlias(named, alias) : named
}

async function readActiveLog({ log, now }: DeactivateWebvhDidOptions): Promise<OwnLog> {
  const own = await readOwnLog(log, now)
  if (own.tip.parameters.deactivated)
    throw new VerificationError(
      'COMITY_DID_DEACTIVATED',
      'the DID is deactivated, and has no further versions',
    )
  return own
}

/**
 * Adds a version to a `did:webvh`: another document, other keys, other witnesses, another place.
 *
 * The log is verified first, but for its witnesses.
 *
 * @returns The files to host. All that the host serves of them is replaced; where `approvers` is set, their proofs come
 *   first.
 * @throws {VerificationError} `COMITY_DID_LOG_MALFORMED`, `COMITY_DID_LOG_TIME`, `COMITY_DID_LOG_CHAIN` or
 *   `COMITY_DID_LOG_PROOF` when the log does not verify; `COMITY_DID_DEACTIVATED` when there can be no further version.
 * @throws {TypeError} The options do not make a valid version: the signer may not sign it, a key was not committed to,
 *   the DID is not portable, the document is not accepted, or `now` is not later than the last version.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#update-rotate | did:webvh, Update}
 */
export async function updateWebvhDid(options: UpdateWebvhDidOptions): Promise<WrittenWebvhDid> {
  const own = await readActiveLog(options)
  const { signer, now } = options
  const parameters = readParameters(options, own)
  const state = makeDocument(options, own)
  return writeVersion({ parameters, state, predecessor: own.tip.versionId, signer, now }, own)
}

/**
 * Adds the last version to a `did:webvh`, after which it has no document and can have no other version.
 *
 * @returns The files to host; they are to be served on, so that others see it.
 * @throws {VerificationError} As {@link updateWebvhDid}.
 * @throws {TypeError} The signer may not sign it, or `now` is not later than the last version.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#deactivate-revoke | did:webvh, Deactivate}
 */
export async function deactivateWebvhDid(options: DeactivateWebvhDidOptions): Promise<WrittenWebvhDid> {
  const own = await readActiveLog(options)
  const { signer, now } = options
  const { tip, state } = own
  // While keys are committed to, the version must name those that sign it.
  const isCommitted = tip.parameters.nextKeyHashes.length > 0
  const keys = isCommitted
    ? { updateKeys: [encodeMultikey(signer.publicJwk)], nextKeyHashes: [] }
    : { updateKeys: [] }
  const parameters = { ...keys, deactivated: true }
  const written = await writeVersion({ parameters, state, predecessor: tip.versionId, signer, now }, own)
  if (!hasAlias(state, parallelDid(tip.did))) return written
  return Object.freeze({
    ...written,
    files: [...written.files, webFile(tip.did, deactivatedDidWeb(tip.did))],
  })
}
