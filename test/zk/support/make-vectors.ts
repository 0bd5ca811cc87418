/**
 * Makes fixtures/zk/core.json: what a second implementation has to agree with. vectors.test.ts checks the file by
 * circomlibjs and plain arithmetic.
 *
 * node --conditions=comity-source --import tsx test/zk/support/make-vectors.ts
 */
import { writeFileSync } from 'node:fs'
import type { Demand, ZkQuery } from '../../../src/demand/index.ts'
import {
  babyJubJubJwk,
  buildTree,
  challengeOf,
  compilePredicates,
  complianceDigest,
  createZkSigner,
  domainOf,
  encodeClaims,
  escrowDigest,
  FIELD_ORDER,
  hashToField,
  holderCommitment,
  issueComplianceCredential,
  issuerLeaf,
  multiplyBase,
  multiplyPoint,
  parseComplianceCredential,
  poseidon,
  pseudonymOf,
  sponge,
  statementOf,
  statusTree,
} from '../../../src/zk/index.ts'

const epoch = 1_764_000_000
const issuer = 'did:web:issuer.example'
const audience = 'did:web:verifier.example'
const key = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'
const secret = 123_456_789n
const privateKey = '07'.repeat(32)
const escrowNonce = 77n

const subject = {
  id: 'did:web:agent.example',
  assessedAt: '2025-11-24T15:00:00Z',
  openCriticalVulnerabilities: 0,
  region: 'eu',
  audited: true,
  capabilities: ['invoice:read', 'invoice:list'],
  vendors: [{ name: 'Globex' }, { name: 'Initech' }],
}
const at = (...steps: (string | null)[]): (string | null)[] => ['credentialSubject', ...steps]
const query: ZkQuery = {
  id: 'posture',
  format: 'comity-zk',
  meta: {
    type_values: [['VerifiableCredential', 'AgentPostureCredential']],
    anchors: 'urn:sha256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    epoch,
    auditor: 'did:web:auditor.example#escrow',
    domain: audience,
  },
  predicates: [
    { path: at('assessedAt'), op: 'range', min: { epoch: -86_400 } },
    { path: at('openCriticalVulnerabilities'), op: 'range', min: 0, max: 0 },
    { path: at('region'), op: 'in', values: ['eu', 'uk'] },
    { path: at('capabilities'), op: 'eq', value: 'invoice:read' },
    { path: at('vendors', null, 'name'), op: 'none', value: 'Evil' },
  ],
}
const demand: Demand = { credentials: [query] }
const signer = createZkSigner({ kid: `${issuer}#zk`, privateKey: Buffer.from(privateKey, 'hex') })
const revoked = [0, 129, 262_143]
const tree = statusTree({ length: 262_144, get: (index) => revoked.includes(index) })
const statusIndex = 5
const credential = await issueComplianceCredential({
  signer,
  issuer,
  type: 'AgentPostureCredential',
  claims: subject,
  validFrom: epoch - 86_400,
  validUntil: epoch + 86_400,
  status: { uri: 'https://issuer.example/status/1', idx: statusIndex },
  commitment: holderCommitment(secret),
})
const digest = complianceDigest(parseComplianceCredential(credential))
const leaf = issuerLeaf(signer.publicKey, tree.root)
const anchors = buildTree(8, [poseidon([1n, 2n, 3n]), leaf])
const policy = compilePredicates(query)
const auditor = multiplyBase(99n)
const c1 = multiplyBase(escrowNonce)
const shared = multiplyPoint(auditor, escrowNonce)
const ciphertext = (digest + poseidon([shared.x, shared.y])) % FIELD_ORDER
const challenge = challengeOf({ key, audience, demand, query: query.id, epoch })
const domain = domainOf(query, audience)
const pseudonym = pseudonymOf(secret, domain)
const escrow = escrowDigest(auditor, c1, ciphertext)
const statement = {
  policy: policy.digest,
  anchors: anchors.root,
  epoch,
  challenge,
  domain,
  pseudonym,
  escrow,
}

const vectors = {
  $comment: 'Test vectors of docs/spec/zk.md, made by test/zk/support/make-vectors.ts. Numbers are decimal.',
  hashToField: [
    ['text', ['eu']],
    ['boolean', ['true']],
    ['type', ['AgentPostureCredential']],
    ['path', ['["credentialSubject","region"]']],
    ['domain', [audience]],
    ['holder', [issuer, 'n-1']],
  ].map(([tag, parts]) => ({ tag, parts, number: hashToField(tag as string, ...(parts as string[])) })),
  poseidon: [1, 2, 3, 5, 7, 16].map((count) => {
    const inputs = Array.from({ length: count }, (_, i) => FIELD_ORDER - BigInt(i) - 1n)
    return { inputs, number: poseidon(inputs) }
  }),
  sponge: [[], [1n], [1n, 0n], Array.from({ length: 31 }, (_, i) => BigInt(i))].map((items) => ({
    items,
    number: sponge(items),
  })),
  key: { privateKey, publicKey: signer.publicKey, jwk: babyJubJubJwk(signer.publicKey) },
  signature: { message: 42n, ...(await signer.sign(42n)) },
  holder: { secret, commitment: holderCommitment(secret), domain, pseudonym },
  claims: { subject, slots: encodeClaims({ credentialSubject: subject }) },
  policy: { query, ...policy },
  credential: { text: credential, digest },
  status: {
    length: 262_144,
    revoked,
    root: tree.root,
    index: statusIndex,
    leaf: tree.leaf(statusIndex),
    siblings: tree.path(statusIndex),
  },
  anchors: { leaves: [anchors.leaf(0), leaf], root: anchors.root, index: 1, siblings: anchors.path(1) },
  escrow: { auditor, nonce: escrowNonce, c1, ciphertext, digest: escrow },
  challenge: { key, audience, demand, query: query.id, epoch, number: challenge },
  statement: { ...statement, number: statementOf(statement) },
}
const asText = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value
writeFileSync(
  new URL('../../../fixtures/zk/core.json', import.meta.url),
  `${JSON.stringify(vectors, asText, 2)}\n`,
)
