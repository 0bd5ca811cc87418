import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Occasion } from '../../src/handshake/binding.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { runAudience } from '../../src/handshake/svid-names.ts'
import { proveX509Svid } from '../../src/handshake/svid-proof.ts'
import { parseSpiffeId, type X509Svid } from '../../src/spiffe/index.ts'
import { createSpiffeAuthority, type SpiffeAuthority } from '../../src/testing/index.ts'
import { answerTo, startedRun } from '../support/handshakes.ts'
import type { ManualInitiator } from '../support/manual-initiator.ts'
import { createSvidSetting, presentOccasion, SVID_DEMAND, type SvidSetting } from '../support/svids.ts'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'

/** What the gateway refuses: a real one over HTTPS, and an initiator that lies in one thing. */

const ANYONE: JsonObject = { anyone: true }
const REJECTED = { msg: 'reject', reason: 'evidence' }

let setting: SvidSetting
let world: World
let agent: AcmeAgent
let other: AcmeAgent

beforeAll(async () => {
  setting = await createSvidSetting()
  world = await createWorld({
    demand: SVID_DEMAND,
    spiffe: setting,
  })
  setting.use(world)
  agent = await world.acme.createAgent('ledger')
  other = await world.acme.createAgent('mallory')
})
afterAll(async () => world.close())

type Shown = JsonObject | readonly JsonObject[]
type Show = (occasion: Occasion, run: ManualInitiator) => Promise<Shown>

/** Runs a handshake by hand in which an agent shows its capability and what the function makes. */
async function present(make: Show, who: AcmeAgent = agent): Promise<JsonObject> {
  const run = await startedRun(world, who, { evidence: [], demand: ANYONE })
  const made = await make(presentOccasion(world, who, run.run().hash), run)
  const capability = {
    query: 'capability',
    format: 'vc+jwt',
    value: who.credentials.AgentCapabilityCredential ?? '',
  }
  const evidence = [capability, ...(Array.isArray(made) ? (made as JsonObject[]) : [made as JsonObject])]
  return answerTo(world, run, { claims: (honest) => ({ ...honest, evidence }) })
}

async function expectRefusal(answer: Promise<JsonObject>, code: string): Promise<void> {
  expect(await answer).toMatchObject(REJECTED)
  expect(world.globex.lastCode()).toBe(code)
}

const nowSeconds = (): number => Date.now() / 1000

interface ProofLies {
  readonly occasion?: (honest: Occasion) => Partial<Occasion>
  readonly svid?: X509Svid
  readonly now?: number
}

/** Shows the proof of an X.509-SVID that is good but for one thing. */
function x509({ occasion = () => ({}), svid, now = nowSeconds() }: ProofLies = {}): Show {
  return async (honest) => ({
    format: 'x509-svid',
    value: await proveX509Svid(
      svid ?? (await setting.acme.issueX509Svid('/agents/ledger')),
      { ...honest, ...occasion(honest) },
      now,
    ),
  })
}

/** The honest proof, as one piece of evidence. */
async function x509One(occasion: Occasion, run: ManualInitiator): Promise<JsonObject> {
  return (await x509()(occasion, run)) as JsonObject
}

/** Shows a JWT-SVID for the audience. */
function jwt(
  audience: (honest: Occasion) => string | readonly string[] = runAudience,
  {
    authority,
    path = '/agents/ledger',
    lifetime = 300,
  }: { authority?: SpiffeAuthority; path?: string; lifetime?: number } = {},
): Show {
  return async (honest) => ({
    format: 'jwt-svid',
    value: await (authority ?? setting.acme).issueJwtSvid(path, audience(honest), { lifetime }),
  })
}

describe('an X.509-SVID in a handshake', () => {
  it('positive control: by hand it is accepted', async () => {
    expect(await present(x509())).toMatchObject({ msg: 'accept' })
  })

  it('is judged with what verified credentials say of the organization', async () => {
    const provenance = { format: 'vc+jwt', value: agent.credentials.AgentProvenanceCredential ?? '' }
    const make: Show = async (occasion, run) => [provenance, await x509One(occasion, run)]
    expect(await present(make)).toMatchObject({ msg: 'accept' })
    expect(setting.learner.asked.at(-1)).toEqual({ did: agent.did, organizations: [world.acme.did] })
  })

  it('with an intermediate is accepted', async () => {
    const svid = await setting.acme.issueX509Svid('/agents/ledger', { withIntermediate: true })
    expect(await present(x509({ svid }))).toMatchObject({ msg: 'accept' })
  })

  it.each<[string, ProofLies, string]>([
    ['another DID', { occasion: () => ({ presenter: other.did }) }, 'COMITY_SVID_PROOF_PRESENTER'],
    ['no run', { occasion: () => ({ hash: new Uint8Array(32) }) }, 'COMITY_SVID_PROOF_RUN'],
    ['the other role', { occasion: () => ({ role: 'responder' }) }, 'COMITY_SVID_PROOF_ROLE'],
    ['another verifier', { occasion: () => ({ verifier: world.acme.did }) }, 'COMITY_AUDIENCE_MISMATCH'],
    ['an earlier time', { now: Date.now() / 1000 - 600 }, 'COMITY_TOKEN_EXPIRED'],
    ['a later time', { now: Date.now() / 1000 + 600 }, 'COMITY_TOKEN_NOT_YET_VALID'],
  ])('that was proven for %s is refused', async (_name, lies, code) => {
    await expectRefusal(present(x509(lies)), code)
  })

  it('whose proof was taken from another run is refused', async () => {
    let proof: JsonObject = {}
    const first = await present(async (occasion, run) => {
      proof = (await x509()(occasion, run)) as JsonObject
      return proof
    })
    expect(first).toMatchObject({ msg: 'accept' })
    await expectRefusal(
      present(() => Promise.resolve(proof)),
      'COMITY_SVID_PROOF_RUN',
    )
  })

  it('whose proof another agent wraps up as its own is refused', async () => {
    // Mallory is in the middle: the proof is for this very run, and for the DID of the ledger.
    const wrap = x509({ occasion: () => ({ presenter: agent.did }) })
    await expectRefusal(present(wrap, other), 'COMITY_SVID_PROOF_PRESENTER')
  })

  it('whose key somebody else has is refused', async () => {
    const [mine, theirs] = [
      await setting.acme.issueX509Svid('/agents/mallory'),
      await setting.acme.issueX509Svid('/agents/ledger'),
    ]
    const svid = { ...theirs, privateKey: mine.privateKey }
    await expectRefusal(present(x509({ svid })), 'COMITY_SIGNATURE_INVALID')
  })

  it('that says to be somebody else is refused', async () => {
    const svid = await setting.acme.issueX509Svid('/agents/mallory')
    const id = parseSpiffeId('spiffe://acme.example/agents/ledger')
    await expectRefusal(present(x509({ svid: { ...svid, id } })), 'COMITY_SVID_PROOF_ID')
  })

  it('of an authority that only has the name of the trust domain is refused', async () => {
    const svid = await (await createSpiffeAuthority('acme.example')).issueX509Svid('/agents/ledger')
    await expectRefusal(present(x509({ svid })), 'COMITY_CERTIFICATE_PATH')
  })

  it('that has expired is refused', async () => {
    const svid = await setting.acme.issueX509Svid('/agents/ledger', { lifetime: -2 })
    await expectRefusal(present(x509({ svid })), 'COMITY_CERTIFICATE_EXPIRED')
  })

  it.each<[string, keyof SvidSetting & ('lab' | 'bank' | 'unknown' | 'acme'), string, string]>([
    ['of another trust domain than the demand names', 'lab', '/agents/ledger', 'COMITY_SPIFFE_DEMAND_UNMET'],
    ['of a path outside the demand', 'acme', '/servers/ledger', 'COMITY_SPIFFE_DEMAND_UNMET'],
    ['of a deeper path than the demand has', 'acme', '/agents/ledger/a', 'COMITY_SPIFFE_DEMAND_UNMET'],
    ['without a bundle', 'unknown', '/agents/ledger', 'COMITY_TRUST_DOMAIN_UNKNOWN'],
    [
      'of a trust domain that the DID may not speak for',
      'bank',
      '/agents/ledger',
      'COMITY_SVID_NOT_ENTITLED',
    ],
  ])('%s is refused', async (_name, authority, path, code) => {
    const who = await world.acme.createAgent(authority)
    const svid = await setting[authority].issueX509Svid(path)
    await expectRefusal(present(x509({ svid }), who), code)
    await expectRefusal(present(jwt(runAudience, { authority: setting[authority], path }), who), code)
  })

  it('that is not shown is missed', async () => {
    await expectRefusal(
      present(() => Promise.resolve([])),
      'COMITY_SPIFFE_DEMAND_UNMET',
    )
  })

  it('that is said to answer a query is refused', async () => {
    const make: Show = async (occasion, run) => ({ ...(await x509()(occasion, run)), query: 'capability' })
    await expectRefusal(present(make), 'COMITY_HANDSHAKE_EVIDENCE')
  })

  it('among more than four is refused', async () => {
    const make: Show = async (occasion, run) => {
      const one = (await x509()(occasion, run)) as JsonObject
      return [one, one, one, one, one]
    }
    await expectRefusal(present(make), 'COMITY_HANDSHAKE_EVIDENCE')
  })

  it('as a bare chain, without a proof, is refused', async () => {
    const make: Show = () => Promise.resolve({ format: 'x509-svid', value: 'MIIB' })
    await expectRefusal(present(make), 'COMITY_SVID_PROOF_INVALID')
  })
})

describe('a JWT-SVID in a handshake', () => {
  it('positive control: by hand it is accepted', async () => {
    expect(await present(jwt())).toMatchObject({ msg: 'accept' })
  })

  it.each<[string, (honest: Occasion) => string | readonly string[]]>([
    ['the verifier', () => world.globex.did],
    ['this run and another name', (honest) => [runAudience(honest), world.globex.did]],
    ['this run, twice', (honest) => [runAudience(honest), runAudience(honest)]],
    ['another run', (honest) => runAudience({ ...honest, hash: new Uint8Array(32) })],
    ['another DID', (honest) => runAudience({ ...honest, presenter: other.did })],
    ['the other role', (honest) => runAudience({ ...honest, role: 'responder' })],
  ])('for %s is refused', async (_name, audience) => {
    await expectRefusal(present(jwt(audience)), 'COMITY_SVID_PROOF_RUN')
  })

  it('of an authority that only has the name of the trust domain is refused', async () => {
    const authority = await createSpiffeAuthority('acme.example')
    await expectRefusal(present(jwt(runAudience, { authority })), 'COMITY_JWT_AUTHORITY_UNKNOWN')
  })

  it.each([-60, -2])('that expired %i seconds ago is refused', async (lifetime) => {
    await expectRefusal(present(jwt(runAudience, { lifetime })), 'COMITY_TOKEN_EXPIRED')
  })

  it('that another DID shows, in its own run with it, is refused', async () => {
    // Mallory got the token while it was in the middle of the ledger's run: run and audience are of that run.
    let token: JsonObject = {}
    await present(async (occasion, run) => {
      token = (await jwt()(occasion, run)) as JsonObject
      return token
    })
    await expectRefusal(
      present(() => Promise.resolve(token), other),
      'COMITY_SVID_PROOF_RUN',
    )
    // And where the workload itself was made to fetch it for Mallory's run, but as the ledger.
    const asLedger = jwt((honest) => runAudience({ ...honest, presenter: agent.did }))
    await expectRefusal(present(asLedger, other), 'COMITY_SVID_PROOF_RUN')
  })
})
