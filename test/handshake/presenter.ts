import {
  verifyCredential,
  verifyPresentation,
  vctOf,
  type AgentCredentialType,
  type VerifyCredentialOptions,
} from '../../src/credentials/index.ts'
import {
  presentForDemand,
  type PresentedEvidence,
  type PresentForDemandOptions,
} from '../../src/handshake/index.ts'
import { createStatusChecker } from '../../src/status/index.ts'
import { createTrustRegistry } from '../../src/trust/index.ts'
import { createMemoryWallet, type ReleaseRule, type Wallet } from '../../src/wallet/index.ts'
import { attestations } from '../support/world-acme.ts'
import type { World } from '../support/world.ts'

export const CAPABILITY = 'AgentCapabilityCredential'
export const PROVENANCE = 'AgentProvenanceCredential'
export const POSTURE = 'AgentPostureCredential'
/** Whom everything is shown to, and what it gave to be signed. */
export const ASKED = { audience: 'did:web:verifier.example', nonce: 'n-1' } as const

/** A query for a credential as a whole. */
export const whole = (id: string, type: string): object => ({
  id,
  format: 'vc+jwt',
  meta: { type_values: [[type]] },
})
/** A query for some claims of a posture. */
export const part = (id: string, ...claims: string[]): object => ({
  id,
  format: 'dc+sd-jwt',
  meta: { vct_values: [vctOf(POSTURE)] },
  claims: claims.map((name) => ({ path: [name] })),
})

/** Somebody with a wallet. */
export interface Presenter {
  readonly wallet: Wallet
  readonly holder: string
}

/** A wallet with all three types as `vc+jwt`, and a posture as SD-JWT VC besides. */
export async function createPresenter(world: World, release: ReleaseRule): Promise<Presenter> {
  const wallet = createMemoryWallet()
  const { did: holder } = await wallet.createDidKey({ alg: 'Ed25519' })
  const presenter = { wallet, holder }
  for (const type of [CAPABILITY, PROVENANCE, POSTURE] as const) {
    await wallet.addCredential(await issueTo(world, presenter, type), { release })
  }
  await wallet.addCredential(await issueTo(world, presenter, POSTURE, true), { release })
  return presenter
}

/** Acme attests something about the presenter, for an hour. */
export async function issueTo(
  world: World,
  { wallet, holder }: Presenter,
  type: AgentCredentialType,
  asSdJwt = false,
): Promise<string> {
  const { publicJwk } = await wallet.signer(holder)
  const options = {
    subject: holder,
    claims: attestations(world.acme.did)[type] ?? {},
    lifetimeSeconds: 3600,
  }
  const { token } = await world.acme.issuer.issue(
    type,
    asSdJwt ? { ...options, format: 'dc+sd-jwt', holderKey: publicJwk } : options,
  )
  return token
}

/** Presents for a demand as it came. */
export async function present(
  presenter: Presenter,
  demand: object,
  changes: Partial<PresentForDemandOptions> = {},
): Promise<readonly PresentedEvidence[]> {
  return presentForDemand(demand, { ...presenter, ...ASKED, ...changes })
}

/** What a verifier judges with who believes Acme. */
export function judging({ fetch, resolver, acme }: World, holder: string): VerifyCredentialOptions {
  return {
    resolver,
    status: createStatusChecker({ fetch, resolver }),
    trust: createTrustRegistry({ issuers: [{ did: acme.did, types: [CAPABILITY, PROVENANCE, POSTURE] }] }),
    holder,
  }
}

/** Judges a presentation as the verifier that it was made for, but for what is changed. */
export async function verifyVp(
  world: World,
  holder: string,
  token: string,
  changes: object = {},
): ReturnType<typeof verifyPresentation> {
  return verifyPresentation(token, { ...judging(world, holder), ...ASKED, ...changes })
}

/** Judges an SD-JWT VC as the verifier that it was made for, but for what is changed. */
export async function verifySd(
  world: World,
  holder: string,
  token: string,
  keyBinding: object = {},
): ReturnType<typeof verifyCredential> {
  const options = judging(world, holder)
  return verifyCredential(token, { ...options, format: 'dc+sd-jwt', keyBinding: { ...ASKED, ...keyBinding } })
}
