import { createDidDocument } from '../../../did/index.ts'
import { createHost } from '../../../gateway/index.ts'
import { generateSigner } from '../../../keys/index.ts'
import type { GuardedFetch } from '../../../net/index.ts'
import { createDpopProof } from '../../../session/index.ts'
import { serveRole } from '../role-process.ts'
import type { SeenRequest } from './acme-agent.ts'
import { listen, reach, type LateServer, type RoleCertificate } from './connectivity.ts'
import { demoDids, type DemoOrigins } from './names.ts'

/** Mallory: a DID and a server of her own, and whatever she found in a log. */
const methods = {
  async listen(certificate: RoleCertificate): Promise<string> {
    server = await listen(certificate)
    ca = certificate.ca
    return server.server.origin
  },

  /** Publishes a DID whose handshake endpoint passes every message on to Globex. */
  async configure(origins: DemoOrigins): Promise<void> {
    const { mallory } = demoDids(origins)
    const signer = await generateSigner({ alg: 'Ed25519', kid: `${mallory}#key-1` })
    const outgoing = reach(Object.values(origins), ca)
    fetch = outgoing
    const host = createHost({
      origin: origins.mallory,
      didDocuments: [
        createDidDocument({
          did: mallory,
          keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication'] }],
          services: [
            {
              fragment: '#handshake',
              type: 'ComityHandshake',
              serviceEndpoint: `${origins.mallory}/comity/handshake`,
            },
          ],
        }),
      ],
    })
    server?.use(async (request) => {
      if (request.method === 'POST') return relay(request, `${origins.globex}/comity/handshake`, outgoing)
      return (await host.handle(request)) ?? new Response(null, { status: 404 })
    })
  },

  /** Uses a stolen token with a key of her own. */
  async useStolenToken({ url, headers }: SeenRequest): Promise<number> {
    const signer = await generateSigner({ alg: 'Ed25519' })
    const authorization = headers.authorization ?? ''
    const accessToken = authorization.replace(/^DPoP /, '')
    const dpop = await createDpopProof({ signer, method: 'GET', url, accessToken })
    return send(url, { authorization, dpop })
  },

  /** Sends a request again, as it was. */
  async replay({ url, headers }: SeenRequest): Promise<number> {
    return send(url, headers)
  },
}

/** The methods of this role, for the one who starts it. */
export type MalloryMethods = typeof methods

let server: LateServer | undefined
let ca = ''
let fetch: GuardedFetch | undefined

async function send(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  if (fetch === undefined) throw new TypeError('configure comes first')
  return (await fetch(url, { headers })).status
}

async function relay(request: Request, url: string, fetch: GuardedFetch): Promise<Response> {
  const type = request.headers.get('content-type') ?? ''
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': type },
    body: new Uint8Array(await request.arrayBuffer()),
  })
  return new Response(new Uint8Array(response.body), { status: response.status, headers: response.headers })
}

serveRole(methods)
