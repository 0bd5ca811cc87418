/** Acme, the organization whose agents come: its DIDs, status lists and events, and the issuer who revokes. */
import { serveRole } from '../../../src/cli/demo/role-process.ts'
import {
  listen,
  reach,
  type LateServer,
  type RoleCertificate,
} from '../../../src/cli/demo/roles/connectivity.ts'
import { createDidDocument, createDidResolver } from '../../../src/did/index.ts'
import { createHost, EVENTS_PATH, type Host } from '../../../src/gateway/index.ts'
import { createIssuer, type Issuer } from '../../../src/issuer/index.ts'
import { generateSigner, type PublicJwk } from '../../../src/keys/index.ts'
import { createEventPublisher } from '../../../src/revocation/index.ts'
import { createStatusPublisher } from '../../../src/status/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { createMemoryWallet } from '../../../src/wallet/index.ts'
import { attestations } from '../../support/attestations.ts'
import { measure, type Held } from '../resources.ts'

/** What Acme has to know. */
export interface AcmeSetup {
  readonly origins: readonly string[]
  readonly did: string
  readonly gateway: string
  /** Where its event stream is reached: the proxy that cuts. */
  readonly eventsOrigin: string
  readonly heartbeatMs: number
}

/** An agent that is to be enrolled. */
export interface Enrolment {
  readonly did: string
  readonly jwk: PublicJwk
  /** Of its posture. */
  readonly lifetimeSeconds: number
  /** Seconds since its posture was assessed; absent for some minutes, and nothing fresh. */
  readonly postureAge?: number
}

/** An agent that was enrolled. */
export interface Enrolled {
  readonly tokens: readonly string[]
  /** Milliseconds since the epoch: the end of the first of its credentials. */
  readonly endsAt: number
  /** Milliseconds since the epoch: when its posture was assessed. */
  readonly assessedAt: number
  /** A posture that was assessed just now. */
  readonly fresh?: string
}

const methods = {
  async listen(certificate: RoleCertificate): Promise<string> {
    server = await listen(certificate)
    ca = certificate.ca
    return server.server.origin
  },

  async configure(setup: AcmeSetup): Promise<void> {
    const origin = server?.server.origin ?? ''
    const { did, gateway, eventsOrigin, heartbeatMs } = setup
    const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
    const wallet = createMemoryWallet()
    await wallet.addKey(did, signer)
    const store = createMemoryStore()
    const resolver = createDidResolver({ fetch: reach(setup.origins, ca) })
    const publisher = createEventPublisher({ store, signer, issuer: did })
    const statusLists = createStatusPublisher({ store, signer, issuer: did, url: `${origin}/status` })
    const admit = (subscriber: string): boolean => subscriber === gateway
    const serving = createHost({
      origin,
      statusLists,
      events: { publisher, resolver, replay: store, admit, heartbeatMs },
      didDocuments: [
        createDidDocument({
          did,
          keys: [
            {
              fragment: '#key-1',
              jwk: signer.publicJwk,
              relationships: ['authentication', 'assertionMethod'],
            },
          ],
          services: [
            { fragment: '#events', type: 'ComityEvents', serviceEndpoint: `${eventsOrigin}${EVENTS_PATH}` },
          ],
        }),
      ],
    })
    host = serving
    acme = did
    issuer = createIssuer({ wallet, did, store, statusLists, events: publisher })
    server?.use(async (request) => {
      const response = await serving.handle(request)
      if (response !== undefined) noteStream(request, response)
      return response ?? new Response(null, { status: 404 })
    })
  },

  async enroll(input: Enrolment): Promise<Enrolled> {
    const { did, jwk, lifetimeSeconds, postureAge } = input
    known().host.publishDocument(
      createDidDocument({
        did,
        controller: acme,
        keys: [{ fragment: '#key-1', jwk, relationships: ['authentication'] }],
      }),
    )
    const { AgentCapabilityCredential, AgentPostureCredential } = attestations(
      acme,
      postureAge === undefined ? {} : { postureAge },
    )
    const issuePosture = (claims = AgentPostureCredential) =>
      known().issuer.issue('AgentPostureCredential', { subject: did, claims: claims ?? {}, lifetimeSeconds })
    const capability = await known().issuer.issue('AgentCapabilityCredential', {
      subject: did,
      claims: AgentCapabilityCredential ?? {},
      lifetimeSeconds: 3600,
    })
    const posture = await issuePosture()
    const fresh = attestations(acme, { postureAge: 0 }).AgentPostureCredential
    return {
      tokens: [capability.token, posture.token],
      endsAt: posture.validUntil * 1000,
      assessedAt: Date.parse(String(AgentPostureCredential?.assessedAt)),
      ...(postureAge === undefined ? {} : { fresh: (await issuePosture(fresh)).token }),
    }
  },

  /** Gives the time of the acknowledgement, milliseconds since the epoch. */
  async revoke({ did }: { did: string }): Promise<number> {
    await known().issuer.revoke({ agent: did }, { reason: 'compromised' })
    return Date.now()
  },

  measure: (): Promise<Held> => measure(),
}

/** The methods of this role, for the one who starts it. */
export type AcmeMethods = typeof methods

let server: LateServer | undefined
let ca = ''
let acme = ''
let host: Host | undefined
let issuer: Issuer | undefined
let streams = 0

function known(): { host: Host; issuer: Issuer } {
  if (host === undefined || issuer === undefined) throw new TypeError('configure comes first')
  return { host, issuer }
}

function noteStream(request: Request, response: Response): void {
  if (response.status !== 200 || request.method !== 'GET' || !request.url.endsWith(EVENTS_PATH)) return
  const detail = String(++streams)
  const note = (event: 'stream.opened' | 'stream.closed'): void => {
    process.stderr.write(`${JSON.stringify({ kind: 'stage', t: Date.now(), event, detail })}\n`)
  }
  note('stream.opened')
  request.signal.addEventListener('abort', () => note('stream.closed'), { once: true })
}

serveRole(methods)
