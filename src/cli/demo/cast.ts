import { resolve } from 'node:path'
import { parseJsonObject } from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import { systemTimers } from '../../runtime/index.ts'
import { createCertificateAuthority } from '../../testing/index.ts'
import { startRole, type RoleProcess } from './role-process.ts'
import type { AcmeAgentMethods } from './roles/acme-agent.ts'
import type { AcmeMethods } from './roles/acme.ts'
import type { GlobexMethods } from './roles/globex.ts'
import type { MalloryMethods } from './roles/mallory.ts'
import { demoDids, type DemoDids, type DemoOrigins } from './roles/names.ts'

/** The processes of the demo, all started, none of them configured. */
export interface Cast {
  readonly acme: RoleProcess<AcmeMethods>
  readonly invoices: RoleProcess<AcmeAgentMethods>
  readonly reports: RoleProcess<AcmeAgentMethods>
  readonly globex: RoleProcess<GlobexMethods>
  readonly mallory: RoleProcess<MalloryMethods>
  readonly origins: DemoOrigins
  readonly dids: DemoDids
  /** Where Acme's Workload API is, where there is one. */
  readonly spire: string | undefined
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
 * Starts five processes; three of them listen on free ports of loopback, with certificates made on the spot.
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
    mallory: startRole<MalloryMethods>(role('mallory'), () => undefined),
  }
  const stop = async (): Promise<void> => {
    await Promise.all(Object.values(processes).map((process) => process.stop()))
  }
  try {
    const authority = await createCertificateAuthority()
    const { ca } = authority
    const [acme, globex, mallory] = await Promise.all(
      [processes.acme, processes.globex, processes.mallory].map(async (process) =>
        process.call('listen', { ...(await authority.issue()), ca }),
      ),
    )
    if (acme === undefined || globex === undefined || mallory === undefined) throw new TypeError('no origin')
    const origins = { acme, globex, mallory }
    const spire = spireFolder === undefined ? undefined : `unix://${resolve(spireFolder, 'a', 'agent.sock')}`
    return { ...processes, origins, dids: demoDids(origins), spire, ca, globexLogged: log.wait, stop }
  } catch (error) {
    await stop()
    throw error
  }
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
