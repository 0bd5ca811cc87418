import { parseDidDocument, type DidDocument } from '../../../src/did/index.ts'
import {
  babyJubJubJwk,
  createZkSigner,
  holderCommitment,
  issueComplianceCredential,
  type IssueComplianceOptions,
} from '../../../src/zk/index.ts'

export const issuer = 'did:web:issuer.example'
export const kid = `${issuer}#zk`
export const signer = createZkSigner({ kid, privateKey: new Uint8Array(32).fill(3) })
export const commitment = holderCommitment(5n)
export const now = 1_764_000_000
export const claims = {
  id: 'did:web:agent.example',
  region: 'eu',
  openCriticalVulnerabilities: 0,
  assessedAt: '2025-11-24T15:00:00Z',
  capabilities: ['invoice:read', 'invoice:list'],
}
export const options: IssueComplianceOptions = {
  signer,
  issuer,
  type: 'AgentPostureCredential',
  claims,
  validFrom: now - 100,
  validUntil: now + 100,
  status: { uri: 'https://issuer.example/status/1', idx: 5 },
  commitment,
}
export const text = await issueComplianceCredential(options)
export const object = JSON.parse(text) as Record<string, never>
export const verification = { publicKey: signer.publicKey, commitment, now }

export function documentWith(
  relationship: string,
  jwk: object = babyJubJubJwk(signer.publicKey),
): DidDocument {
  const method = { id: kid, type: 'JsonWebKey', controller: issuer, publicKeyJwk: jwk }
  return parseDidDocument({ id: issuer, verificationMethod: [method], [relationship]: [kid] }, issuer)
}
export const resolving = (document: DidDocument) => ({
  resolver: { resolveDocument: async () => document },
  commitment,
  now,
})
