import type { ZkQuery } from 'comity/demand'
import {
  buildTree,
  compilePredicates,
  createHolderSecret,
  createZkSigner,
  generateZkPrivateKey,
  holderCommitment,
  issueComplianceCredential,
  issuerLeaf,
  statusTree,
  verifyComplianceCredential,
} from 'comity/zk'
import { circuitInput, type CircuitInput } from 'comity/zk/prove'

const EPOCH = 1_800_000_000
const DEPTH = 8
const TYPE = 'AgentPostureCredential'
const ISSUER = 'did:web:acme.example'
const STATUS = { uri: 'https://acme.example/status', idx: 4711 }

const QUERY: ZkQuery = {
  id: 'posture',
  format: 'comity-zk',
  meta: { type_values: [[TYPE]], anchors: `urn:sha256:${'A'.repeat(43)}`, epoch: EPOCH },
  predicates: [
    { path: ['credentialSubject', 'region'], op: 'in', values: ['uk', 'eu'] },
    { path: ['credentialSubject', 'openVulnerabilities'], op: 'range', max: 0 },
    { path: ['credentialSubject', 'assessedAt'], op: 'range', min: { epoch: -86_400 } },
    { path: ['credentialSubject', 'capabilities'], op: 'eq', value: 'invoice:read' },
  ],
}

/** What the circuit takes to prove a posture. */
export async function createProvingInput(): Promise<CircuitInput> {
  const secret = createHolderSecret()
  const commitment = holderCommitment(secret)
  const signer = createZkSigner({ kid: `${ISSUER}#zk-1`, privateKey: generateZkPrivateKey() })
  const text = await issueComplianceCredential({
    signer,
    issuer: ISSUER,
    type: TYPE,
    claims: {
      region: 'eu',
      openVulnerabilities: 0,
      assessedAt: EPOCH - 3600,
      capabilities: ['invoice:read', 'invoice:write'],
    },
    validFrom: EPOCH - 86_400,
    validUntil: EPOCH + 86_400,
    status: STATUS,
    commitment,
  })
  const { publicKey } = signer
  const credential = await verifyComplianceCredential(text, { publicKey, commitment, now: EPOCH })
  const tree = statusTree({ length: 131_072, get: (index) => index % 100 === 3 })
  const anchors = buildTree(DEPTH, [issuerLeaf(publicKey, tree.root)])
  return circuitInput({
    credential,
    secret,
    query: QUERY,
    policy: compilePredicates(QUERY),
    anchors: { root: anchors.root, epoch: EPOCH },
    leaf: { index: 0, siblings: anchors.path(0), statusTree: tree },
    challenge: 1n,
    domain: 0n,
    escrow: undefined,
  })
}
