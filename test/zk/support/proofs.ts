import fixture from '../../../fixtures/zk/proofs.json' with { type: 'json' }
import { parseDemand, type Demand, type ZkQuery } from '../../../src/demand/index.ts'
import { createDidResolver, didKeyFromJwk } from '../../../src/did/index.ts'
import { decodeBase64url } from '../../../src/encoding/index.ts'
import { generateSigner, withKid } from '../../../src/keys/index.ts'
import { anchorDigest, type AnchorSet } from '../../../src/zk/anchor-set.ts'
import { issueAnchorList, verifyAnchorList } from '../../../src/zk/anchors.ts'
import { bytesToNumber } from '../../../src/zk/fields.ts'
import {
  DEVELOPMENT_VERIFICATION_KEY,
  parseBabyJubJubJwk,
  parseComplianceProof,
  parseVerificationKey,
  type Groth16Claim,
  type VerifyComplianceProofOptions,
} from '../../../src/zk/index.ts'

/** A field element of the fixture. */
export const numberOf = (text: string): bigint => bytesToNumber(decodeBase64url(text))

/** The key of the circuit that the fixture's proofs are of. */
export const verificationKey = parseVerificationKey(DEVELOPMENT_VERIFICATION_KEY)

/** The verifier's DID. */
export const audience = fixture.audience

/** The auditor of the fixture. */
export const auditor = {
  kid: fixture.auditor.kid,
  point: parseBabyJubJubJwk(fixture.auditor.jwk),
  privateKey: decodeBase64url(fixture.auditor.privateKey),
}

/** A did:key is resolved without it. */
function noNetwork(): never {
  throw new Error('there is no network')
}

/** The anchor list that the proofs are made with. */
export const anchors = await verifyAnchorList(fixture.anchors, {
  digest: anchorDigest(fixture.anchors),
  issuer: audience,
  resolver: createDidResolver({ fetch: noNetwork as never }),
  now: fixture.now,
})

/** A real proof, and how it is verified. */
export interface ProofCase {
  readonly id: string
  readonly text: string
  readonly options: VerifyComplianceProofOptions
  /** The public input, as it was computed when the proof was made. */
  readonly statement: bigint
  /** The digest of the credential that the proof is about. */
  readonly credentialDigest: bigint
  /** The proof without what is Comity's. */
  readonly claim: Groth16Claim
}

/** The query of a demand that has one. */
export function queryOf({ credentials }: Demand): ZkQuery {
  return credentials?.[0] as ZkQuery
}

/** Real proofs of the circuit. */
export const cases: readonly ProofCase[] = fixture.cases.map((each) => {
  const demand = parseDemand(each.demand)
  const query = queryOf(demand)
  const form = { domain: query.meta.domain !== undefined, auditor: query.meta.auditor !== undefined }
  const statement = numberOf(each.statement)
  return {
    id: each.id,
    text: each.proof,
    options: {
      query,
      demand,
      audience,
      key: each.key,
      anchors,
      ...(form.auditor ? { auditor: auditor.point } : {}),
      verificationKey,
    },
    statement,
    credentialDigest: numberOf(each.credentialDigest),
    claim: { proof: parseComplianceProof(each.proof, form), publicInputs: [statement] },
  }
})

/** One of them by its id. */
export function caseOf(id: string): ProofCase {
  const found = cases.find((each) => each.id === id)
  if (found === undefined) throw new Error(`no case ${id}`)
  return found
}

/** An anchor list of a new verifier with the issuers and the epoch of {@link anchors}, but for what is changed. */
export async function otherAnchors(
  change: Partial<Parameters<typeof issueAnchorList>[0]> = {},
): Promise<AnchorSet> {
  const signer = await generateSigner({ alg: 'EdDSA' })
  const did = didKeyFromJwk(signer.publicJwk)
  const { type, epoch, epochSeconds, leaves } = anchors
  return issueAnchorList({
    signer: withKid(signer, `${did}#${did.slice('did:key:'.length)}`),
    issuer: did,
    type,
    epoch,
    epochSeconds,
    leaves,
    ...change,
  })
}
