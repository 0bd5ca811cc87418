import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { issueCredential } from '../../src/credentials/index.ts'
import { didWebFromUrl } from '../../src/did/index.ts'
import { generatePrivateJwk, generateSigner, type PublicJwk } from '../../src/keys/index.ts'
import { startRole, type RoleProcess } from '../../src/cli/demo/role-process.ts'
import { attestations } from '../support/world-acme.ts'
import { createBalancer, createCuttingProxy, type CuttingProxy } from './network.ts'
import type { Plan } from './plan.ts'
import type { AcmeMethods } from './roles/acme.ts'
import type { GatewayMethods, GatewaySetup } from './roles/gateway.ts'

/** One of the gateway's processes, which can be ended and started again. */
export interface GatewayProcess {
  readonly port: number
  readonly role: () => RoleProcess<GatewayMethods>
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
  readonly two: GatewayProcess
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
  readonly store: string
  readonly deafTo: string | undefined
  readonly onLog: (process: string, line: string) => void
}): Promise<Cast> {
  const { plan, onLog } = options
  const authority = await createCertificateAuthority()
  const { ca } = authority
  const acme = startRole<AcmeMethods>(new URL('./roles/acme.ts', import.meta.url), (line) =>
    onLog('acme', line),
  )
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
    startGateway(setup, (line) => onLog('one', line)),
    startGateway(setup, (line) => onLog('two', line)),
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
      await Promise.all([acme.stop(), one.role().stop(), two.role().stop()])
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

async function startGateway(setup: GatewaySetup, onLog: (line: string) => void): Promise<GatewayProcess> {
  const start = (): RoleProcess<GatewayMethods> =>
    startRole<GatewayMethods>(new URL('./roles/gateway.ts', import.meta.url), onLog)
  let role = start()
  const port = await role.call('start', setup)
  return {
    port,
    role: () => role,
    kill: async () => {
      process.kill(role.pid, 'SIGKILL')
      await role.stop()
    },
    restart: async () => {
      role = start()
      await role.call('start', { ...setup, port })
    },
  }
}
