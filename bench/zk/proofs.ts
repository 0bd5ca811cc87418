import { readFile } from 'node:fs/promises'
import { createDidResolver } from 'comity/did'
import { parseDemand, type ZkQuery } from 'comity/demand'
import { decodeBase64url } from 'comity/encoding'
import {
  anchorDigest,
  DEVELOPMENT_VERIFICATION_KEY,
  parseBabyJubJubJwk,
  parseVerificationKey,
  verifyAnchorList,
  type ComplianceProofToVerify,
  type VerificationKey,
} from 'comity/zk'

interface Fixture {
  readonly audience: string
  readonly now: number
  readonly anchors: string
  readonly auditor: { readonly jwk: object }
  readonly cases: readonly {
    readonly key: string
    readonly demand: object
    readonly proof: string
    readonly statement: string
  }[]
}

/** A real proof as Comity verifies it, and its public input as snarkjs has it. */
export interface BenchProof {
  readonly item: ComplianceProofToVerify
  readonly statement: string
}

/** The proofs of fixtures/zk, and the key that they are verified with. */
export async function loadProofs(): Promise<{ proofs: readonly BenchProof[]; key: VerificationKey }> {
  const fixture = JSON.parse(await readFile('fixtures/zk/proofs.json', 'utf8')) as Fixture
  const { audience, now } = fixture
  const anchors = await verifyAnchorList(fixture.anchors, {
    digest: anchorDigest(fixture.anchors),
    issuer: audience,
    resolver: createDidResolver({ fetch: noNetwork as never }),
    now,
  })
  const auditor = parseBabyJubJubJwk(fixture.auditor.jwk)
  const proofs = fixture.cases.map(({ key, proof, statement, ...rest }) => {
    const demand = parseDemand(rest.demand)
    const query = demand.credentials?.[0] as ZkQuery
    const named = query.meta.auditor === undefined ? {} : { auditor }
    return {
      item: { proof, query, demand, audience, key, anchors, ...named },
      statement: String(numberOf(decodeBase64url(statement))),
    }
  })
  return { proofs, key: parseVerificationKey(DEVELOPMENT_VERIFICATION_KEY) }
}

/** A did:key is resolved without it. */
function noNetwork(): never {
  throw new Error('there is no network')
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n)
}
