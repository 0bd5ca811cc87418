import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDidDocument, didWebFromUrl } from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { HANDSHAKE_MEDIA_TYPE } from '../../src/handshake/index.ts'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import { answerTo, startedRun } from '../support/handshakes.ts'
import { createManualResponder } from '../support/manual-responder.ts'
import { createSvidSetting, ownSvids, SVID_DEMAND, type SvidSetting } from '../support/svids.ts'
import { createWorld, REQUEST, type World } from '../support/world.ts'

/** A verifier over HTTPS to which an honest agent shows its SVID, and which takes it to the gateway as its own. */

let setting: SvidSetting
let world: World
let harvester: { did: string; signer: Signer }
let respond: (body: Uint8Array) => Promise<string>

beforeAll(async () => {
  setting = await createSvidSetting()
  world = await createWorld({
    demand: SVID_DEMAND,
    // Whoever it is may speak for the trust domain: what is tested is that the SVID does not serve it.
    spiffe: { bundles: setting.bundles, learner: { learn: () => Promise.resolve(setting.acme) } },
    intercept: async (request) => {
      if (request.method !== 'POST' || !request.url.endsWith('/harvester/handshake')) return undefined
      const body = await respond(new Uint8Array(await request.arrayBuffer()))
      return new Response(body, { headers: { 'content-type': HANDSHAKE_MEDIA_TYPE } })
    },
  })
  const did = didWebFromUrl(`${world.acme.origin}/harvester`)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  harvester = { did, signer }
  const serviceEndpoint = `${world.acme.origin}/harvester/handshake`
  world.acme.host.publishDocument(
    createDidDocument({
      did,
      keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication'] }],
      services: [{ fragment: '#handshake', type: 'ComityHandshake', serviceEndpoint }],
    }),
  )
})
afterAll(async () => world.close())

/** What an honest agent shows to the harvester. */
async function harvest(kind: 'x509' | 'jwt'): Promise<JsonObject> {
  const svids = await ownSvids(setting.acme, '/agents/victim', kind)
  const victim = await world.acme.createAgent(`victim-${kind}`, { spiffe: { svids } })
  let shown: JsonObject | undefined
  respond = createManualResponder({
    ...harvester,
    demand: { spiffe: { trustDomains: ['acme.example'] } },
    onPresent: ({ evidence }) => {
      shown = (evidence as JsonObject[]).find(({ format }) => format === `${kind}-svid`)
    },
  })
  await victim.agent.connect(harvester.did, { request: REQUEST, demand: { anyone: true } })
  if (shown === undefined) throw new TypeError('the victim has shown nothing')
  return shown
}

it.each(['x509', 'jwt'] as const)('a verifier cannot show a harvested %s-SVID to another', async (kind) => {
  const shown = await harvest(kind)
  const agent = await world.acme.createAgent(`accomplice-${kind}`)
  const capability = {
    query: 'capability',
    format: 'vc+jwt',
    value: agent.credentials.AgentCapabilityCredential ?? '',
  }
  // As the harvester itself, and as an accomplice that has all else that is asked for.
  for (const [identity, evidence] of [
    [harvester, [shown]],
    [agent, [capability, shown]],
  ] as const) {
    const { did, signer } = identity
    const run = await startedRun(world, agent, { did, signer, demand: { anyone: true } })
    const answer = await answerTo(world, run, {
      claims: (honest) => ({ ...honest, evidence: [...evidence] as JsonObject[] }),
    })
    expect(answer).toMatchObject({ msg: 'reject', reason: 'evidence' })
    expect(world.globex.lastCode()).toBe('COMITY_SVID_PROOF_RUN')
  }
})
