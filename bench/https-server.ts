/**
 * The other process of the benchmark over HTTPS: a gateway, or a bare server that does the responder's operations.
 */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { serveHttps, type WebHandler } from 'comity/adapters/node'
import { createAgent } from 'comity/agent'
import { createDidResolver } from 'comity/did'
import { createGateway } from 'comity/gateway'
import { createGuardedFetch, insecureAllowLoopback } from 'comity/net'
import { createMemoryStore } from 'comity/store'
import { ASK_CPU, END_SESSIONS, type ServerReady, type ServerRole } from './support/https-messages.ts'
import { AGENT_DEMAND, createOrganization, createParty, trusting } from './support/parties.ts'
import { rawResponder } from './support/raw-handshake.ts'
import { joseCrypto } from './support/raw-jose.ts'
import { nodeCrypto } from './support/raw-node.ts'

let endSessions: (() => Promise<void>) | undefined

process.on('message', (message: ServerRole | typeof ASK_CPU | typeof END_SESSIONS) => {
  if (message === ASK_CPU) {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
    return
  }
  if (message === END_SESSIONS) {
    void endSessions?.().then(() => process.send?.('ended'))
    return
  }
  void (message.role === 'gateway' ? serveGateway(message) : serveBare(message)).then((ready) =>
    process.send?.(ready),
  )
})
process.on('disconnect', () => process.exit())

async function serveGateway(role: Extract<ServerRole, { role: 'gateway' }>): Promise<ServerReady> {
  let handler: WebHandler = () => Promise.resolve(new Response(null, { status: 503 }))
  const { origin } = await serveHttps({
    key: role.key,
    cert: role.cert,
    port: 0,
    handler: (request, context) => handler(request, context),
  })
  const fetch = createGuardedFetch({ [insecureAllowLoopback]: [origin, role.peer.origin], ca: role.ca })
  const resolver = createDidResolver({ fetch, cacheSeconds: 300 })
  const globex = await createOrganization(origin, resolver)
  const { did, wallet } = await createParty(globex, {
    name: 'gateway',
    types: ['AgentProvenanceCredential', 'AgentPostureCredential'],
    release: { anyone: true },
  })
  const gateway = await createGateway({
    agent: await createAgent({ did, wallet, trust: trusting(role.peer.did), fetch, resolver }),
    origin,
    demand: AGENT_DEMAND,
    offers: [{ type: 'invoices', actions: ['read', 'match'] }],
    store: createMemoryStore({ maxEntries: 1_000_000 }),
    host: globex.host,
    limits: { burst: 1e9, perSecond: 1e9, openPerSource: 1e6 },
    log: ({ level, event, code }) => {
      if (level !== 'info') console.error(event, code)
    },
  })
  handler = (request, context) => gateway.fetch(request, context)
  endSessions = async () => {
    for (const { id } of await gateway.sessions.find({ organization: role.peer.did })) {
      await gateway.sessions.end(id, 'bench')
    }
  }
  return { origin, did }
}

async function serveBare(role: Extract<ServerRole, { role: 'bare' }>): Promise<ServerReady> {
  const crypto = role.crypto === 'jose' ? joseCrypto : nodeCrypto
  const [signer, tokens] = [await crypto.generateSigner(), await crypto.generateSigner()]
  const peer = await crypto.importVerifier(role.peerKey)
  const responder = rawResponder(crypto, { signer, peer, tokens }, role.sizes)
  const server = createServer({ key: role.key, cert: role.cert }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const answer = request.url === '/offer' ? responder.offer(body) : responder.answer(body)
      void answer.then((text) => response.setHeader('content-type', 'text/plain').end(text))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { origin: `https://localhost:${String(port)}`, publicJwk: signer.publicJwk }
}
