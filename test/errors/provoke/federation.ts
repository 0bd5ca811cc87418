import { createSpireBundleSink } from '../../../src/adapters/spire/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { readTrustDomainClaim } from '../../../src/federation/index.ts'
import { parseTrustDomain } from '../../../src/spiffe/index.ts'
import { authorityOf, createFederationWorld, type FederationWorld } from '../../federation/world.ts'

const ACME = 'did:web:acme.localhost'
const GLOBEX = 'did:web:globex.localhost'

/** Claims a trust domain for a DID. */
async function claim(world: FederationWorld, did: string, name: string): Promise<void> {
  await world.claim(did, await authorityOf(world, name))
}

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const federation = {
  COMITY_TRUST_DOMAIN_CLAIM_INVALID: () => readTrustDomainClaim({ trustDomain: 'acme.example' }),
  COMITY_BUNDLE_DIGEST: async () => {
    const world = await createFederationWorld()
    const url = 'https://acme.localhost/first'
    world.pages.set(url, '{"keys":[]}')
    await world.claim(ACME, await authorityOf(world, 'acme.localhost'), {
      profile: 'https_spiffe',
      endpointSpiffeId: 'spiffe://acme.localhost/spire/server',
      firstBundle: { url, sha256: 'A'.repeat(43) },
    })
    await (await world.federation()).learn(ACME)
  },
  COMITY_TRUST_DOMAIN_NOT_BELIEVED: async () => {
    const world = await createFederationWorld()
    await claim(world, ACME, 'bank.example')
    await (await world.federation()).learn(ACME)
  },
  COMITY_TRUST_DOMAIN_TAKEN: async () => {
    const world = await createFederationWorld()
    await claim(world, ACME, 'acme.localhost')
    await (await world.federation({ reserved: ['acme.localhost'] })).learn(ACME)
  },
  COMITY_TRUST_DOMAIN_CHANGED: async () => {
    const world = await createFederationWorld()
    await claim(world, ACME, 'acme.localhost')
    const federation = await world.federation()
    await federation.learn(ACME)
    await claim(world, ACME, 'prod.acme.localhost')
    await federation.learn(ACME)
  },
  COMITY_TRUST_DOMAIN_LIMIT: async () => {
    const world = await createFederationWorld()
    await claim(world, ACME, 'acme.localhost')
    await claim(world, GLOBEX, 'globex.localhost')
    const federation = await world.federation({ maxTrustDomains: 1, whenFull: 'refuse' })
    await federation.learn(ACME)
    await federation.learn(GLOBEX)
  },
  COMITY_BUNDLE_PUSH_FAILED: () =>
    createSpireBundleSink({ socketPath: '/nonexistent', command: '/nonexistent' }).delete(
      parseTrustDomain('acme.example'),
    ),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
