import { parseDemand, type Demand } from '../../src/demand/index.ts'
import type { Occasion } from '../../src/handshake/binding.ts'
import type { OwnSvids, TrustDomainLearner } from '../../src/handshake/index.ts'
import { TrustError } from '../../src/errors/index.ts'
import { createBundleSet, type BundleSource } from '../../src/spiffe/index.ts'
import { createSpiffeAuthority, type SpiffeAuthority } from '../../src/testing/index.ts'
import type { AcmeAgent, World } from './world.ts'

/** The authorities that the tests need, and what Globex knows of them. */
export interface SvidSetting {
  /** Of Acme's trust domain: its agents may speak for it. */
  readonly acme: SpiffeAuthority
  /** Of another trust domain, for which the agent `lab` speaks, and which Globex does not ask for. */
  readonly lab: SpiffeAuthority
  /** Of another organization: no agent of Acme's may speak for it, and Globex has its bundle. */
  readonly bank: SpiffeAuthority
  /** The agent `unknown` speaks for it, and Globex has no bundle of it. */
  readonly unknown: SpiffeAuthority
  /** Of Globex's own trust domain. */
  readonly globex: SpiffeAuthority
  readonly bundles: BundleSource
  /** Whoever is not named above speaks for acme.example where it is an agent of Acme's. */
  readonly learner: TrustDomainLearner & { asked: { did: string; organizations: readonly string[] }[] }
  /** Tells the learner which world it is in. */
  use(world: World): void
}

/** Makes the setting. */
export async function createSvidSetting(): Promise<SvidSetting> {
  const make = (name: string): Promise<SpiffeAuthority> => createSpiffeAuthority(name)
  const acme = await make('acme.example')
  const lab = await make('labs.example')
  const bank = await make('bank.example')
  const unknown = await make('unknown.example')
  const globex = await make('globex.example')
  const bundles = createBundleSet([acme, lab, bank, globex].map((each) => each.bundle()))
  let world: World | undefined
  const asked: { did: string; organizations: readonly string[] }[] = []
  return {
    acme,
    lab,
    bank,
    unknown,
    globex,
    bundles,
    learner: {
      asked,
      learn: async (did, { organizations }) => {
        asked.push({ did, organizations })
        const agents = `${world?.acme.did ?? 'none'}:agents:`
        if (did === world?.globex.did) return globex
        if (did === `${agents}lab`) return lab
        if (did === `${agents}unknown`) return unknown
        if (did.startsWith(agents)) return acme
        throw new TrustError('COMITY_DID_SERVICE_UNKNOWN', 'no document claims a trust domain for the DID')
      },
    },
    use(next) {
      world = next
    },
  }
}

/** Asks for an agent of Acme's, as a workload of its trust domain. */
export const SVID_DEMAND: Demand = parseDemand({
  credentials: [
    { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
  ],
  spiffe: { trustDomains: ['acme.example'], paths: ['/agents/*'] },
})

/** Own SVIDs of one path: the X.509-SVID, or JWT-SVIDs. */
export async function ownSvids(
  authority: SpiffeAuthority,
  path: string,
  kind: 'x509' | 'jwt',
  lifetime = 3600,
): Promise<OwnSvids> {
  if (kind === 'jwt') {
    const issue = (audience: string): Promise<string> => authority.issueJwtSvid(path, audience, { lifetime })
    return { jwt: { fetchJwtSvid: async ({ audience }) => ({ token: await issue(audience) }) } }
  }
  const svid = await authority.issueX509Svid(path, { lifetime })
  return { x509: { getX509Svid: () => svid } }
}

/** When and for whom an agent shows evidence to Globex in its `present`. */
export function presentOccasion(world: World, { did }: Pick<AcmeAgent, 'did'>, hash: Uint8Array): Occasion {
  return {
    version: 'comity/1-draft',
    hash,
    presenter: did,
    role: 'initiator',
    verifier: world.globex.did,
  }
}
