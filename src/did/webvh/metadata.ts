import type { DIDDocumentMetadata } from 'did-resolver'
import type { VerifiedWebvhLog } from './log.ts'
import type { FoundWebvhVersion } from './version.ts'

/** What is told about a document of a `did:webvh`. Numbers are texts, as DID Resolution has no numbers here. */
export interface WebvhMetadata extends DIDDocumentMetadata {
  /** When the DID was made. */
  readonly created: string
  /** When the DID was changed last. */
  readonly updated: string
  /** Of the version that was resolved. */
  readonly versionId: string
  /** When the version was made that was resolved. */
  readonly versionTime: string
  /** Of the version after it, where there is one. */
  readonly nextVersionId?: string
  /** When that was made. */
  readonly nextUpdate?: string
  /** Whether the DID has come to its end, whichever version was resolved. */
  readonly deactivated: boolean
  /** The hash that the DID names its log by. */
  readonly scid: string
  /** Whether the DID may move. */
  readonly portable: boolean
  /** Seconds for which the controller lets others keep the document. */
  readonly ttl: string
  /** Who must approve changes, where somebody must. */
  readonly witness?: { readonly threshold: string; readonly witnesses: readonly { readonly id: string }[] }
  /** Who watches the DID, where somebody does. */
  readonly watchers?: readonly string[]
}

/**
 * Tells what a log says about one of its versions.
 *
 * @see {@link https://identity.foundation/didwebvh/v1.0/#read-resolve | did:webvh, DID Document Metadata}
 */
export function metadataOf(log: VerifiedWebvhLog, version: FoundWebvhVersion): WebvhMetadata {
  const { scid, portable, deactivated, ttl, witness, watchers } = log.parameters
  const { versionId, versionTime, next } = version
  return {
    created: log.versions[0]?.versionTime ?? versionTime,
    updated: log.versions.at(-1)?.versionTime ?? versionTime,
    versionId,
    versionTime,
    ...(next !== undefined && { nextVersionId: next.versionId, nextUpdate: next.versionTime }),
    deactivated,
    scid,
    portable,
    ttl: String(ttl),
    ...(witness !== undefined && {
      witness: { threshold: String(witness.threshold), witnesses: witness.witnesses.map((id) => ({ id })) },
    }),
    ...(watchers.length > 0 && { watchers: [...watchers] }),
  }
}
