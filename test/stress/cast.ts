import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { issueCredential } from '../../src/credentials/index.ts'
import { didWebFromUrl } from '../../src/did/index.ts'
import { generatePrivateJwk, generateSigner, type PublicJwk } from '../../src/keys/index.ts'
import { startRole, type RoleProcess } from '../../src/cli/demo/role-process.ts'
import { attestations } from '../support/attestations.ts'
import { createBalancer, createCuttingProxy, type CuttingProxy } from './network.ts'
import type { Plan } from './plan.ts'
import type { AcmeMethods } from './roles/acme.ts'
import type { GatewayMethods, GatewaySetup } from './roles/gateway.ts'

/** One of the gateway's processes. */
export interface GatewayProcess {
  readonly port: number
  readonly role: RoleProcess<GatewayMethods>
  stop(): Promise<void>
}

/** One that can be ended and started again. */
export interface KillableGateway extends Omit<GatewayProcess, 'role'> {
  /** Ends it as a crash would: nothing is flushed. */
  kill(): Promise<void>
  restart(): Promise<void>
}

/** All processes and proxies of a run. */
export interface Cast {
  readonly ca: string
  readonly origins: readonly string[]
  readonly dids: { readonly acme: string; readonly globex: string; readonly gateway: string }
  readonly origin: string
  readonly acmeOrigin: string
  readonly acme: RoleProcess<AcmeMethods>
  readonly one: GatewayProcess
  readonly two: KillableGateway
  readonly events: CuttingProxy
  readonly stop: () => Promise<void>
}

/**
 * Starts the organizations: Acme behind a proxy for its events, Globex as two gateway processes behind a balancer, as
 * one origin with one DID, one key and one store.
 *
 * @param onLog Is given the lines of all processes.
 */
export async function startCast(options: {
  readonly plan: Plan
  /** The folder of the roles' modules. */
  readonly roles: URL
  readonly store: string
  readonly deafTo: string | undefined
  readonly onLog: (process: string, line: string) => void
}): Promise<Cast> {
  const { plan, roles, onLog } = options
  // All at once, before anything else: to load its modules is most of what a process does here.
  const acme = startRole<AcmeMethods>(new URL('acme.js', roles), (line) => onLog('acme', line))
  const begun = {
    one: loadGateway(roles, (line) => onLog('one', line)),
    two: loadGateway(roles, (line) => onLog('two', line)),
  }
  const authority = await createCertificateAuthority()
  const { ca } = authority
  const acmeOrigin = await acme.call('listen', { ...(await authority.issue()), ca })
  const events = await createCuttingProxy(Number(new URL(acmeOrigin).port))
  const ports: number[] = []
  const balancer = await createBalancer(() => ports)
  const origin = `https://localhost:${balancer.port}`
  const eventsOrigin = `https://localhost:${events.port}`
  const dids = {
    acme: didWebFromUrl(acmeOrigin),
    globex: didWebFromUrl(origin),
    gateway: didWebFromUrl(`${origin}/gateway`),
  }
  const origins = [acmeOrigin, eventsOrigin, origin]
  const heartbeatMs = plan.heartbeatMs
  await acme.call('configure', { origins, did: dids.acme, gateway: dids.gateway, eventsOrigin, heartbeatMs })
  const setup: GatewaySetup = {
    ...(await authority.issue()),
    ...(await globexIdentity(dids)),
    ca,
    port: 0,
    origin,
    origins,
    dids,
    store: options.store,
    tokenSeconds: plan.tokenSeconds,
    leaseSeconds: plan.leaseSeconds,
    ...(options.deafTo === undefined ? {} : { deafTo: `${dids.acme}:agents:${options.deafTo}` }),
  }
  const [one, two] = await Promise.all([
    startGateway(setup, begun.one()),
    startKillableGateway(setup, begun.two),
  ])
  ports.push(one.port, two.port)
  return {
    ca,
    origins: [...origins, ...ports.map((port) => `https://localhost:${port}`)],
    dids,
    origin,
    acmeOrigin,
    acme,
    one,
    two,
    events,
    stop: async () => {
      await Promise.all([acme.stop(), one.stop(), two.stop()])
      balancer.close()
      events.close()
    },
  }
}

async function globexIdentity(
  dids: Cast['dids'],
): Promise<Pick<GatewaySetup, 'gatewayKey' | 'provenance'> & { organizationJwk: PublicJwk }> {
  const organizationKey = await generateSigner({ alg: 'Ed25519', kid: `${dids.globex}#key-1` })
  const now = Math.floor(Date.now() / 1000)
  const provenance = await issueCredential({
    signer: organizationKey,
    issuer: dids.globex,
    type: 'AgentProvenanceCredential',
    subject: dids.gateway,
    claims: attestations(dids.globex).AgentProvenanceCredential ?? {},
    validFrom: now - 60,
    validUntil: now + 86_400,
  })
  return {
    gatewayKey: await generatePrivateJwk('Ed25519'),
    organizationJwk: organizationKey.publicJwk,
    provenance,
  }
}

type GatewayRole = RoleProcess<GatewayMethods>

/** Loads a process of the gateway that does nothing yet. */
function loadGateway(roles: URL, onLog: (line: string) => void): () => GatewayRole {
  const load = (): GatewayRole => startRole(new URL('gateway.js', roles), onLog)
  let next: GatewayRole | undefined = load()
  return () => {
    const taken = next ?? load()
    next = undefined
    return taken
  }
}

async function startGateway(setup: GatewaySetup, role: GatewayRole): Promise<GatewayProcess> {
  return { port: await role.call('start', setup), role, stop: () => role.stop() }
}

/** The one that takes its place is loaded while it lives: how long it is away is then not for the machine to say. */
async function startKillableGateway(setup: GatewaySetup, load: () => GatewayRole): Promise<KillableGateway> {
  let role = load()
  const port = await role.call('start', setup)
  let spare = load()
  return {
    port,
    kill: async () => {
      process.kill(role.pid, 'SIGKILL')
      await role.stop()
    },
    restart: async () => {
      role = spare
      await role.call('start', { ...setup, port })
      spare = load()
    },
    stop: async () => {
      await Promise.all([role.stop(), spare.stop()])
    },
  }
}
