import { createDidDocument, parseDidDocument, type DidDocument } from '../../src/did/index.ts'
import type { IssuedCredential, Issuer, IssueOptions } from '../../src/issuer/index.ts'
import { createMemoryWallet, zkDocumentKey, type Wallet } from '../../src/wallet/index.ts'
import { babyJubJubJwk, createZkSigner, generateZkPrivateKey, type ZkSigner } from '../../src/zk/index.ts'
import { AGENT, CLAIMS, createWorld, HOUR, ORGANIZATION, type World } from './world.ts'

export const zkSigner: ZkSigner = createZkSigner({
  kid: `${ORGANIZATION}#zk-1`,
  privateKey: generateZkPrivateKey(),
})

/** What an agent sends to be issued the form for proofs. */
export type Request = NonNullable<IssueOptions['compliance']>

/** An organization that issues the form for proofs, and an agent's wallet. */
export interface ComplianceWorld extends World {
  readonly holder: Wallet
  request(): Promise<Request>
  issuePosture(change?: object, at?: Issuer): Promise<IssuedCredential>
}

/** Makes one. */
export async function createComplianceWorld(): Promise<ComplianceWorld> {
  const world = await createWorld()
  const issuer = world.restart({ zkSigner })
  const holder = createMemoryWallet({ clock: { now: () => world.now() } })
  const request = async (): Promise<Request> => {
    const nonce = await issuer.complianceNonce()
    return { commitment: await holder.commitCompliance({ issuer: ORGANIZATION, nonce }), nonce }
  }
  return {
    ...world,
    issuer,
    holder,
    request,
    issuePosture: async (change = {}, at = issuer) =>
      at.issue('AgentPostureCredential', {
        subject: AGENT,
        claims: CLAIMS.AgentPostureCredential,
        lifetimeSeconds: HOUR,
        compliance: await request(),
        ...change,
      }),
  }
}

/** Has the document of the organization. */
export const resolver = {
  resolveDocument: async (did: string): Promise<DidDocument> => {
    const keys = [zkDocumentKey('#zk-1', babyJubJubJwk(zkSigner.publicKey), 'assertionMethod')]
    return parseDidDocument(createDidDocument({ did: ORGANIZATION, keys }), did)
  },
}
