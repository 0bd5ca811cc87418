import {
  createDidDocument,
  parseDidDocument,
  type DidDocument,
  type VerificationRelationship,
} from '../../src/did/index.ts'
import { VerificationError } from '../../src/errors/index.ts'
import type { AddComplianceOptions, Wallet } from '../../src/wallet/index.ts'
import {
  babyJubJubJwk,
  createZkSigner,
  generateZkPrivateKey,
  issueComplianceCredential,
  verifyHolderCommitment,
  type BabyJubJubJwk,
  type IssueComplianceOptions,
  type ZkSigner,
} from '../../src/zk/index.ts'
import { CLAIMS, ISSUER, NOW, issuer } from './fixtures.ts'

export const zkIssuer: ZkSigner = createZkSigner({
  kid: `${ISSUER}#zk-1`,
  privateKey: generateZkPrivateKey(),
})

/** A resolver of the one issuer, whose document names a key on BabyJubJub. */
export function resolverOf(
  signer: ZkSigner = zkIssuer,
  relationship: VerificationRelationship = 'assertionMethod',
): AddComplianceOptions['resolver'] {
  const document = createDidDocument({
    did: ISSUER,
    keys: [
      { fragment: '#key-1', jwk: issuer.publicJwk, relationships: ['assertionMethod'] },
      {
        fragment: '#zk-1',
        type: 'JsonWebKey',
        material: { publicKeyJwk: { ...babyJubJubJwk(signer.publicKey) } },
        relationships: [relationship],
      },
    ],
  })
  return {
    resolveDocument: async (did): Promise<DidDocument> => {
      if (did !== ISSUER) throw new VerificationError('COMITY_DID_INVALID', 'another issuer')
      return parseDidDocument(document, did)
    },
  }
}

export const resolver = resolverOf()

/** What a wallet is given as the form of a posture that proofs are made of. */
export async function issueFor(
  wallet: Pick<Wallet, 'commitCompliance'>,
  change: Partial<IssueComplianceOptions> = {},
): Promise<string> {
  const context = { issuer: ISSUER, nonce: 'nonce' }
  return issueComplianceCredential({
    signer: zkIssuer,
    issuer: ISSUER,
    type: 'AgentPostureCredential',
    claims: CLAIMS.AgentPostureCredential,
    validFrom: NOW,
    validUntil: NOW + 3600,
    status: { uri: 'https://acme.example/status/token/1', idx: 7 },
    commitment: verifyHolderCommitment(await wallet.commitCompliance(context), context),
    ...change,
  })
}

/** A key that is nobody's here. */
export const OTHER_ZK_KEY: BabyJubJubJwk = babyJubJubJwk(
  createZkSigner({ kid: `${ISSUER}#zk-9`, privateKey: generateZkPrivateKey() }).publicKey,
)
