import type { ZkQuery } from '../../../src/demand/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import {
  compilePredicates,
  domainOf,
  encodeClaims,
  parseBabyJubJubJwk,
  parseComplianceCredential,
  verifyHolderCommitment,
} from '../../../src/zk/index.ts'

const query: ZkQuery = {
  id: 'q',
  format: 'comity-zk',
  meta: { type_values: [['A']], anchors: 'urn:sha256:x', epoch: 0, domain: 'did:web:other.example' },
}
const path = ['credentialSubject', 'a']
const values = Array.from({ length: 17 }, (_, i) => i)

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const zk = {
  COMITY_ZK_KEY_INVALID: () => parseBabyJubJubJwk({ kty: 'EC', crv: 'BabyJubJub', x: 'AA', y: 'AA' }),
  COMITY_ZK_CLAIM_UNENCODABLE: () => encodeClaims({ credentialSubject: { a: -1 } }),
  COMITY_ZK_CLAIMS_TOO_MANY: () => encodeClaims({ credentialSubject: { a: Array<number>(33).fill(1) } }),
  COMITY_ZK_POLICY_UNSUPPORTED: () => compilePredicates({ ...query, claims: [{ path }] }),
  COMITY_ZK_POLICY_TOO_LARGE: () => compilePredicates({ ...query, predicates: [{ path, op: 'in', values }] }),
  COMITY_ZK_HOLDER_PROOF_INVALID: () =>
    verifyHolderCommitment({}, { issuer: 'did:web:issuer.example', nonce: 'n' }),
  COMITY_ZK_CREDENTIAL_MALFORMED: () => parseComplianceCredential('{}'),
  COMITY_ZK_DOMAIN_FOREIGN: () => domainOf(query, 'did:web:verifier.example'),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
