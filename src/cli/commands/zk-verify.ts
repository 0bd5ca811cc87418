import { createDidResolver, findForeignJwk, parseDidUrl, type DidResolver } from '../../did/index.ts'
import type { ZkQuery } from '../../demand/index.ts'
import { ComityError } from '../../errors/index.ts'
import { systemClock } from '../../runtime/index.ts'
import {
  DEVELOPMENT_VERIFICATION_KEY,
  parseAnchorDocument,
  parseBabyJubJubJwk,
  parseVerificationKey,
  verifyAnchorList,
  verifyComplianceProof,
  type BabyJubJubPoint,
  type VerificationKey,
  type VerifiedComplianceProof,
} from '../../zk/index.ts'
import { readJson } from '../folder.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { readDownload, readOccasion, readText, type OccasionFlags } from './zk-input.ts'

/** The flags of `comity zk verify`. */
export interface VerifyProofFlags extends OccasionFlags, NetworkFlags {
  /** The file of the download. */
  readonly anchors: string
  /** The thumbprint of who showed the proof. */
  readonly key: string
  /** The file of the setup's key. */
  readonly verificationKey?: string
  readonly acceptDevelopmentSetup: boolean
  /** The file of the auditor's public key; without it, it is resolved. */
  readonly auditorKey?: string
  readonly at?: string
  readonly json: boolean
}

/** Verifies a proof and prints what it proves, or why it is refused. Gives the exit code. */
export async function verifyProof(
  file: string,
  flags: VerifyProofFlags,
  output: ProgramOutput,
): Promise<number> {
  const { json } = flags
  const now = timeOf(flags)
  const { demand, query } = await readOccasion(flags)
  const proof = await readText(file)
  const download = await readDownload(flags.anchors)
  const fetch = await fetchFor(flags)
  try {
    const { audience, key } = flags
    const verificationKey = await readKey(flags, output)
    const resolver = createDidResolver({ fetch })
    const list = { digest: query.meta.anchors, issuer: audience, resolver, now }
    const anchors = await verifyAnchorList(parseAnchorDocument(download).anchors, list)
    const auditor = await auditorOf(query, flags, resolver)
    const proven = verifyComplianceProof(proof, {
      ...{ query, demand, audience, key, anchors, verificationKey },
      ...(auditor !== undefined && { auditor }),
    })
    print(output, json, { ok: true, ...proven }, linesAbout(proven))
    return 0
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    print(output, json, { ok: false, error }, [`refused: ${error.message} (${error.code})`])
    return 1
  } finally {
    fetch.close()
  }
}

function timeOf({ at }: VerifyProofFlags): number {
  if (at === undefined) return systemClock.now()
  if (!/^\d{1,12}$/.test(at)) throw new UsageError('--at must be whole seconds since 1970')
  return Number(at)
}

async function readKey(
  { verificationKey, acceptDevelopmentSetup }: VerifyProofFlags,
  { writeError }: ProgramOutput,
): Promise<VerificationKey> {
  if (verificationKey === undefined && !acceptDevelopmentSetup) {
    throw new UsageError(
      'give --verification-key, or --accept-development-setup, whose makers can forge proofs',
    )
  }
  const json = verificationKey === undefined ? DEVELOPMENT_VERIFICATION_KEY : await readJson(verificationKey)
  const warn = (message: string): void => writeError(`warning: ${message}`)
  return parseVerificationKey(json, { acceptDevelopmentSetup, warn })
}

async function auditorOf(
  { meta }: ZkQuery,
  { auditorKey }: VerifyProofFlags,
  resolver: DidResolver,
): Promise<BabyJubJubPoint | undefined> {
  if (meta.auditor === undefined) return undefined
  if (auditorKey !== undefined) return parseBabyJubJubJwk(await readJson(auditorKey))
  const document = await resolver.resolveDocument(parseDidUrl(meta.auditor).did)
  return parseBabyJubJubJwk(findForeignJwk(document, meta.auditor, 'keyAgreement'))
}

function linesAbout({
  query,
  type,
  epoch,
  expiresAt,
  pseudonym,
  escrow,
  assessedAt,
}: VerifiedComplianceProof): string[] {
  const date = (seconds: number): string => new Date(seconds * 1000).toISOString()
  return [
    `good: whoever has the key meets ${query} by a ${type}, as of ${date(epoch)}`,
    `  a session on it ends by ${date(expiresAt)}`,
    ...(assessedAt === undefined ? [] : [`  assessed at ${date(assessedAt)} or later`]),
    ...(pseudonym === undefined ? [] : [`  pseudonym: ${pseudonym}`]),
    ...(escrow === undefined ? [] : [`  sealed for ${escrow.auditor}: ${escrow.ciphertext}`]),
    '  this command does not remember proofs: a gateway takes each once',
  ]
}
