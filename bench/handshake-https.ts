import { Agent as HttpsAgent, request } from 'node:https'
import { serveHttps, type WebHandler } from 'comity/adapters/node'
import { createAgent } from 'comity/agent'
import { createDidResolver, didWebFromUrl } from 'comity/did'
import { createGuardedFetch, insecureAllowLoopback } from 'comity/net'
import { createCertificateAuthority } from '../src/testing/index.ts'
import { createComityPair } from './support/comity-pair.ts'
import type { ServerIdentity } from './support/https-messages.ts'
import type { Contender } from './support/interleave.ts'
import { createOrganization, createParty, GATEWAY_DEMAND, REQUEST, trusting } from './support/parties.ts'
import { rawInitiator, type RawSizes } from './support/raw-handshake.ts'
import { joseCrypto } from './support/raw-jose.ts'
import { nodeCrypto } from './support/raw-node.ts'
import { startServer, type ServerProcess } from './support/server-process.ts'

/** The contenders of a handshake over loopback HTTPS, each with the responder in a process of its own. */
export interface HttpsContenders {
  readonly contenders: readonly Contender[]
  close(): Promise<void>
}

const SERVER = 'server'
/** A gateway keeps few sessions for one agent, so there are as many agents as handshakes in a round. */
const AGENTS = 60

/** Starts the servers. */
export async function startHttpsContenders(): Promise<HttpsContenders> {
  const authority = await createCertificateAuthority()
  const identity = async (): Promise<ServerIdentity> => ({ ...(await authority.issue()), ca: authority.ca })
  const sizes = await (await createComityPair()).sizes()
  const comity = await startComity(await identity())
  const jose = await startBare('jose', await identity(), sizes)
  const node = await startBare('node:crypto', await identity(), sizes)
  const all = [comity, jose, node]
  return {
    contenders: all.map(({ contender }) => contender),
    async close() {
      await Promise.all(all.map(({ close }) => close()))
    },
  }
}

interface Started {
  readonly contender: Contender
  close(): Promise<void>
}

/** The agent and its organization are here, the gateway and its own are there. */
async function startComity(identity: ServerIdentity): Promise<Started> {
  let handler: WebHandler = () => Promise.resolve(new Response(null, { status: 503 }))
  const here = await serveHttps({
    ...identity,
    port: 0,
    handler: (incoming, context) => handler(incoming, context),
  })
  const { origin } = here
  const server = await startServer({
    role: 'gateway',
    ...identity,
    peer: { did: didWebFromUrl(origin), origin },
  })
  const { ready } = server
  const fetch = createGuardedFetch({ [insecureAllowLoopback]: [origin, ready.origin], ca: identity.ca })
  const resolver = createDidResolver({ fetch, cacheSeconds: 300 })
  const acme = await createOrganization(origin, resolver)
  handler = async (incoming) => (await acme.host.handle(incoming)) ?? new Response(null, { status: 404 })
  const trust = trusting(didWebFromUrl(ready.origin))
  const agents = await Promise.all(
    Array.from({ length: AGENTS }, async (_, index) => {
      const types = ['AgentCapabilityCredential', 'AgentPostureCredential'] as const
      const party = { name: `agents/${String(index)}`, types, release: { anyone: true } as const }
      const { did, wallet } = await createParty(acme, party)
      return createAgent({ did, wallet, trust, fetch, resolver })
    }),
  )
  let turn = 0
  const run = async (): Promise<void> => {
    const agent = agents[turn++ % AGENTS]
    await agent?.connect(ready.did ?? '', { request: REQUEST, demand: GATEWAY_DEMAND })
  }
  return {
    contender: { name: 'comity', prepare: () => server.endSessions(), run, elsewhere: elsewhere(server) },
    async close() {
      fetch.close()
      server.close()
      await here.close()
    },
  }
}

async function startBare(
  name: 'jose' | 'node:crypto',
  identity: ServerIdentity,
  sizes: RawSizes,
): Promise<Started> {
  const crypto = name === 'jose' ? joseCrypto : nodeCrypto
  const signer = await crypto.generateSigner()
  const server = await startServer({
    role: 'bare',
    crypto: name,
    ...identity,
    peerKey: signer.publicJwk,
    sizes,
  })
  const { origin, publicJwk = { kty: '', crv: '', x: '' } } = server.ready
  const peer = await crypto.importVerifier(publicJwk)
  const agent = new HttpsAgent({ keepAlive: true, ca: identity.ca })
  const run = async (): Promise<void> => {
    const initiator = rawInitiator(crypto, { signer, peer }, sizes)
    const offer = await post(`${origin}/offer`, await initiator.hello(), agent)
    await initiator.finish(await post(`${origin}/answer`, await initiator.present(offer), agent))
  }
  return {
    contender: { name, run, elsewhere: elsewhere(server) },
    async close() {
      agent.destroy()
      server.close()
    },
  }
}

function elsewhere(server: ServerProcess): () => Promise<Readonly<Record<string, number>>> {
  return async () => ({ [SERVER]: await server.cpu() })
}

/** A POST by `node:https` and nothing else. */
function post(url: string, body: string, agent: HttpsAgent): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        resolve(Buffer.concat(chunks).toString())
      })
      incoming.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
