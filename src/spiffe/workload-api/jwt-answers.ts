import type { JsonObject } from '../../encoding/index.ts'
import {
  parseJwtSvid,
  parseSpiffeId,
  type SpiffeId,
  type TrustBundle,
  type UnverifiedJwtSvid,
} from '../index.ts'
import { readJwtBundles, readMandatoryBundles, type Report } from './bundle-map.ts'
import { withSoundHints } from './hints.ts'
import {
  decodeResponse,
  fieldMismatch,
  fieldMissing,
  type MessageBytes,
  type WorkloadApiMessages,
} from './protocol.ts'
import { readStruct } from './struct.ts'
import { checkCount } from './x509-context.ts'

/** A JWT-SVID of one's own. */
export interface WorkloadJwtSvid extends UnverifiedJwtSvid {
  /** What tells it from others that the workload has; empty where the Workload API gave none. */
  readonly hint: string
}

/** What the Workload API says of somebody's JWT-SVID. It is the endpoint's word: no key was looked at here. */
export interface JwtSvidVerdict {
  /** Whose it is. */
  readonly id: SpiffeId
  /** All claims. Numbers went through a double. */
  readonly claims: JsonObject
}

/** What JWT-SVIDs are asked for. */
export interface JwtSvidRequest {
  /** Whom they shall be for: 1 to 64 names, each not empty. */
  readonly audience: string | readonly string[]
  /** Whose; defaults to all of the workload's. */
  readonly id?: SpiffeId
}

/** The most names in an audience: more than a verifier has to take. */
const MAX_AUDIENCES = 64

/**
 * The names of an audience.
 *
 * @throws {TypeError} There are none, too many, or one is empty.
 */
export function audienceOf({ audience }: Pick<JwtSvidRequest, 'audience'>): readonly string[] {
  const names: readonly unknown[] = typeof audience === 'string' ? [audience] : audience
  const texts = names.filter((name): name is string => typeof name === 'string' && name !== '')
  if (texts.length === 0 || texts.length !== names.length || texts.length > MAX_AUDIENCES) {
    throw new TypeError('audience must be a non-empty string, or 1 to 64 of them')
  }
  return texts
}

/**
 * Reads the answer of `FetchJWTSVID`.
 *
 * @param request - What was asked for.
 * @param report - Learns which SVIDs were left out for their hints.
 * @throws {VerificationError} `COMITY_WORKLOAD_API_MESSAGE`, `COMITY_WORKLOAD_API_FIELD_MISSING`;
 *   `COMITY_WORKLOAD_API_MISMATCH` when a token is not that of the `spiffe_id` beside it, of another ID than was asked
 *   for, or does not have all of the audience; as `parseJwtSvid`.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md#621-fetchjwtsvid | Workload API §6.2.1}
 */
export function readJwtSvids(
  answer: WorkloadApiMessages['FetchJWTSVID']['response'],
  request: JwtSvidRequest,
  report: Report,
): readonly WorkloadJwtSvid[] {
  checkCount(answer.svids)
  const audience = audienceOf(request)
  const read = withSoundHints(answer.svids, report).map(({ spiffeId, svid: token, hint }) => {
    if (spiffeId === '') throw fieldMissing('spiffe_id')
    if (token === '') throw fieldMissing('svid')
    const svid = parseJwtSvid(token)
    if (svid.id.uri !== spiffeId) throw fieldMismatch('spiffe_id', '6.2.1')
    if (request.id !== undefined && request.id.uri !== spiffeId) throw fieldMismatch('spiffe_id', '6.2.1')
    if (!audience.every((name) => svid.audience.includes(name))) throw fieldMismatch('audience', '6.2.1')
    return Object.freeze({ ...svid, hint })
  })
  checkCount(read)
  return Object.freeze(read)
}

/**
 * Reads the answer of `FetchJWTBundles`.
 *
 * @param report - Learns which bundles were left out.
 * @throws {VerificationError} `COMITY_WORKLOAD_API_MESSAGE`, `COMITY_WORKLOAD_API_FIELD_MISSING`; what is wrong with a
 *   bundle, when there is no other.
 */
export async function readJwtBundlesAnswer(
  bytes: MessageBytes,
  report: Report,
): Promise<readonly TrustBundle[]> {
  const { bundles } = decodeResponse('FetchJWTBundles', bytes)
  return Object.freeze(readMandatoryBundles(bundles, readJwtBundles, report))
}

/**
 * Reads the answer of `ValidateJWTSVID`.
 *
 * @throws {VerificationError} `COMITY_WORKLOAD_API_FIELD_MISSING`, `COMITY_WORKLOAD_API_MESSAGE`,
 *   `COMITY_SPIFFE_ID_INVALID`; `COMITY_WORKLOAD_API_MISMATCH` when the claims are of somebody else.
 */
export function readVerdict({
  spiffeId,
  claims: struct,
}: WorkloadApiMessages['ValidateJWTSVID']['response']): JwtSvidVerdict {
  if (spiffeId === '') throw fieldMissing('spiffe_id')
  if (struct === null || Object.keys(struct.fields).length === 0) throw fieldMissing('claims')
  const claims = readStruct(struct)
  if (claims['sub'] !== spiffeId) throw fieldMismatch('spiffe_id', '6.2.3')
  return Object.freeze({ id: parseSpiffeId(spiffeId), claims })
}
