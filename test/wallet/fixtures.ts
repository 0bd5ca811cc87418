import { issueCredential, type AgentCredentialType } from '../../src/credentials/index.ts'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import type { Wallet } from '../../src/wallet/index.ts'

export const ISSUER = 'did:web:acme.example'
export const AGENT = 'did:web:acme.example:agents:invoices'
export const OTHER = 'did:web:acme.example:agents:reports'
export const NOW = 1_790_000_000

export const DEMAND = {
  credentials: [
    { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
  ],
} as const

export const CLAIMS = {
  AgentCapabilityCredential: { authorizationDetails: [{ type: 'invoices', actions: ['read'] }] },
  AgentPostureCredential: {
    assessedAt: '2026-09-21T14:13:20Z',
    attestation: { method: 'none' },
    patchAgeDays: 1,
    openCriticalVulnerabilities: 0,
    sandbox: 'container',
    egressControl: 'allow-list',
    region: 'eu',
  },
} as const

export const issuer: Signer = await generateSigner({ alg: 'Ed25519', kid: `${ISSUER}#key-1` })
export const key: Signer = await generateSigner({ alg: 'Ed25519', kid: `${AGENT}#key-1` })

export function issue(type: keyof typeof CLAIMS & AgentCredentialType, subject = AGENT): Promise<string> {
  return issueCredential({
    signer: issuer,
    issuer: ISSUER,
    type,
    subject,
    claims: CLAIMS[type],
    validFrom: NOW,
    validUntil: NOW + 3600,
  })
}

/** What the parts of the contract work on; an empty wallet for each case, with {@link key} of {@link AGENT}. */
export interface WalletUnderTest {
  /** The wallet. */
  readonly wallet: Wallet
  /** The time by its clock, to be set by the case; {@link NOW} at its start. */
  time: number
}
