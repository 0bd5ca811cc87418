import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseJsonObject } from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import { systemTimers } from '../../runtime/index.ts'
import { createCertificateAuthority } from '../../testing/index.ts'
import { startRole, type RoleProcess } from './role-process.ts'
import type { AcmeAgentMethods } from './roles/acme-agent.ts'
import type { AcmeMethods } from './roles/acme.ts'
import type { AuditorMethods } from './roles/auditor.ts'
import type { GlobexMethods } from './roles/globex.ts'
import type { MalloryMethods } from './roles/mallory.ts'
import type { RoleCertificate } from './roles/connectivity.ts'
import { demoDids, type DemoDids, type DemoOrigins } from './roles/names.ts'

/** The processes of the demo, all started, none of them configured. */
export interface Cast {
  readonly acme: RoleProcess<AcmeMethods>
  readonly invoices: RoleProcess<AcmeAgentMethods>
  readonly reports: RoleProcess<AcmeAgentMethods>
  readonly globex: RoleProcess<GlobexMethods>
  readonly auditor: RoleProcess<AuditorMethods>
  readonly mallory: RoleProcess<MalloryMethods>
  readonly origins: DemoOrigins
  readonly dids: DemoDids
  /** Where Acme's Workload API is, where there is one. */
  readonly spire: string | undefined
  /** The folder of the circuit's artifacts; undefined where they are not here, as in an installed package. */
  readonly artifacts: string | undefined
  /** The root that all of them trust, PEM. */
  readonly ca: string
  /** The newest entry of Globex's log that fits, once it is there. */
  readonly globexLogged: (event: string, withinMs: number) => Promise<LoggedEntry>
  /** Ends all processes and waits for that. */
  readonly stop: () => Promise<void>
}

/** A line of a role's log. */
export interface LoggedEntry {
  readonly event?: string
  readonly code?: string
  readonly [member: string]: unknown
}

/**
 * Starts six processes; four of them listen on free ports of loopback, with certificates made on the spot.
 *
 * @param spireFolder See `DemoOptions.spire`.
 */
export async function startCast(spireFolder: string | undefined): Promise<Cast> {
  const log = createLogReader()
  const role = (name: string): URL => new URL(`./roles/${name}${extension()}`, import.meta.url)
  const processes = {
    acme: startRole<AcmeMethods>(role('acme'), () => undefined),
    invoices: startRole<AcmeAgentMethods>(role('acme-agent'), () => undefined),
    reports: startRole<AcmeAgentMethods>(role('acme-agent'), () => undefined),
    globex: startRole<GlobexMethods>(role('globex'), log.read),
    auditor: startRole<AuditorMethods>(role('auditor'), () => undefined),
    mallory: startRole<MalloryMethods>(role('mallory'), () => undefined),
  }
  const stop = async (): Promise<void> => {
    await Promise.all(Object.values(processes).map((process) => process.stop()))
  }
  try {
    const authority = await createCertificateAuthority()
    const { ca } = authority
    const certificate = async (): Promise<RoleCertificate> => ({ ...(await authority.issue()), ca })
    const origins = {
      acme: await processes.acme.call('listen', await certificate()),
      globex: await processes.globex.call('listen', await certificate()),
      proofs: await processes.globex.call('listenForProofs', await certificate()),
      auditor: await processes.auditor.call('listen', await certificate()),
      mallory: await processes.mallory.call('listen', await certificate()),
    }
    const spire = spireFolder === undefined ? undefined : `unix://${resolve(spireFolder, 'a', 'agent.sock')}`
    const artifacts = await findArtifacts()
    return {
      ...processes,
      origins,
      dids: demoDids(origins),
      spire,
      artifacts,
      ca,
      globexLogged: log.wait,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Beside the sources, and beside the build: the circuit is a package of its own, with another licence. */
async function findArtifacts(): Promise<string | undefined> {
  const folder = fileURLToPath(new URL('../../../circuits/build', import.meta.url))
  const isThere = await access(join(folder, 'manifest.json')).then(
    () => true,
    () => false,
  )
  return isThere ? folder : undefined
}

/** Runs from source as from the build. */
function extension(): string {
  return import.meta.url.endsWith('.ts') ? '.ts' : '.js'
}

/** Not every line that a process writes to its standard error is an entry. */
function entryIn(line: string): LoggedEntry | undefined {
  try {
    return parseJsonObject(line)
  } catch (error) {
    if (error instanceof ComityError) return undefined
    throw error
  }
}

function createLogReader(): {
  readonly read: (line: string) => void
  readonly wait: (event: string, withinMs: number) => Promise<LoggedEntry>
} {
  const entries: LoggedEntry[] = []
  const waiting = new Set<() => void>()
  const take = (event: string): LoggedEntry | undefined => {
    const index = entries.findIndex((entry) => entry.event === event)
    return index < 0 ? undefined : entries.splice(index, 1)[0]
  }
  return {
    read(line) {
      const entry = entryIn(line)
      if (entry === undefined) return
      entries.push(entry)
      for (const wake of waiting) wake()
    },
    wait: (event, withinMs) =>
      new Promise((resolve, reject) => {
        const cancel = systemTimers.after(withinMs, () => {
          waiting.delete(look)
          reject(new Error(`nothing like ${event} was logged`))
        })
        const look = (): void => {
          const entry = take(event)
          if (entry === undefined) return
          cancel()
          waiting.delete(look)
          resolve(entry)
        }
        waiting.add(look)
        look()
      }),
  }
}
