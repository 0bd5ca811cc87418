import type { JsonObject } from '../../encoding/index.ts'
import { TrustError, VerificationError } from '../../errors/index.ts'
import { stateOf, type VerifiedWebvhLog, type WebvhVersion } from './log.ts'
import type { VersionQuery } from '../version-query.ts'
import { parseLogTime } from './time.ts'

/** A version with its document. */
export interface FoundWebvhVersion extends WebvhVersion {
  /** The document as the log has it, frozen: not checked, and without the services that go without saying. */
  readonly state: JsonObject
  /** The version after it, where there is one. */
  readonly next: WebvhVersion | undefined
}

function invalid(message: string): VerificationError {
  return new VerificationError('COMITY_DID_INVALID', message, {
    spec: 'did:webvh 1.0, Reading did:webvh DID URLs',
  })
}

function atTime(versions: readonly WebvhVersion[], versionTime: string): WebvhVersion | undefined {
  const moment = parseLogTime(versionTime)
  if (moment === undefined) throw invalid('`versionTime` is not ISO 8601 in UTC')
  return versions.findLast((version) => (parseLogTime(version.versionTime)?.order ?? '') <= moment.order)
}

function find(versions: readonly WebvhVersion[], query: VersionQuery): WebvhVersion | undefined {
  const { versionId, versionTime, versionNumber } = query
  const asked = [versionId, versionTime, versionNumber].filter((value) => value !== undefined)
  if (asked.length > 1) throw invalid('one version is asked for in two ways')
  if (versionId !== undefined) return versions.find((version) => version.versionId === versionId)
  if (versionTime !== undefined) return atTime(versions, versionTime)
  if (versionNumber === undefined) return versions.at(-1)
  if (!Number.isInteger(versionNumber)) throw invalid('`versionNumber` is not an integer')
  return versions.find((version) => version.versionNumber === versionNumber)
}

/**
 * Finds a version in a log.
 *
 * @throws {VerificationError} `COMITY_DID_INVALID` when the question is malformed, or asks in two ways.
 * @throws {TrustError} `COMITY_DID_NOT_FOUND` when the log has no such version, or the DID was not there yet.
 * @throws {TypeError} The log does not come from `verifyWebvhLog`.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#reading-did-webvh-did-urls | did:webvh, Reading DID URLs}
 */
export function findWebvhVersion(log: VerifiedWebvhLog, query: VersionQuery = {}): FoundWebvhVersion {
  const version = find(log.versions, query)
  if (version === undefined) throw new TrustError('COMITY_DID_NOT_FOUND', 'the DID has no such version')
  return Object.freeze({
    ...version,
    state: stateOf(log, version),
    next: log.versions[version.versionNumber],
  })
}
