import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createAgent } from '../../agent/index.ts'
import { serveHttps, type HttpsServer, type WebHandler } from '../../adapters/node/index.ts'
import { parseDemand } from '../../demand/index.ts'
import { createDidResolver } from '../../did/index.ts'
import {
  createGateway,
  createHost,
  type Gateway,
  type GatewayLogEntry,
  type Host,
} from '../../gateway/index.ts'
import type { GuardedFetch } from '../../net/index.ts'
import { assertPrivate, readJson } from '../folder.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import { UsageError, type ProgramOutput } from '../output.ts'
import { findPublished } from '../published.ts'
import { protectResources, readResources, type Resource } from '../resources.ts'
import { openState, type FolderState } from '../state.ts'
import type { FolderFlags } from './did.ts'
import { organizationParts } from './issue.ts'
import { trustOf } from './trust.ts'

/** The flags of `comity serve`. */
export interface ServeFlags extends FolderFlags, NetworkFlags {
  readonly key: string
  readonly cert: string
  readonly host: string
  readonly port?: string
  readonly upstream?: string
  readonly static?: string
  /** The DIDs that may hear this organization's events. */
  readonly peer: readonly string[]
}

/** Serves an organization until the process is told to end. Gives the exit code. */
export async function serve(flags: ServeFlags, output: ProgramOutput): Promise<number> {
  const state = await openState(flags.dir)
  const fetch = await fetchFor(flags)
  try {
    const { server, gateway } = await startServing(state, fetch, flags, output)
    output.write(flags.json ? JSON.stringify({ listening: server.origin }) : `listening on ${server.origin}`)
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve)
      process.once('SIGTERM', resolve)
    })
    await gateway?.close()
    await server.close()
    return 0
  } finally {
    fetch.close()
    await state.close()
  }
}

async function startServing(
  state: FolderState,
  fetch: GuardedFetch,
  flags: ServeFlags,
  output: ProgramOutput,
): Promise<{ server: HttpsServer; gateway: Gateway | undefined }> {
  const log = (entry: GatewayLogEntry): void => {
    output.writeError(JSON.stringify(entry))
  }
  const { host, origin } = await hostOf(state, fetch, flags, log)
  const resources = await readResources(flags.dir)
  const gateway =
    resources.length === 0 ? undefined : await gatewayOf(state, fetch, { resources, origin, host, log })
  const own = gateway === undefined ? undefined : protectResources(gateway, resources, flags)
  const handler: WebHandler = async (request, context) =>
    (await (gateway === undefined ? host.handle(request) : gateway.handle(request, context))) ??
    (await own?.(request)) ??
    new Response(null, { status: 404 })
  await assertPrivate(flags.key)
  const server = await serveHttps({
    handler,
    key: await readFile(flags.key, 'utf8'),
    cert: await readFile(flags.cert, 'utf8'),
    host: flags.host,
    port: Number(flags.port ?? (new URL(origin).port || '443')),
    origin,
    onError: (error) => {
      log({
        level: 'error',
        event: 'handler.failed',
        details: { error: error instanceof Error ? error.name : 'unknown' },
      })
    },
  })
  return { server, gateway }
}

async function hostOf(
  state: FolderState,
  fetch: GuardedFetch,
  { peer }: ServeFlags,
  log: (entry: GatewayLogEntry) => void,
): Promise<{ host: Host; origin: string }> {
  const { issuer, statusLists, publisher, origin } = await organizationParts(state)
  await issuer.recover()
  const { store } = state
  const host = createHost({
    origin,
    findFile: (path) => findPublished(store, origin, path),
    statusLists,
    events: {
      publisher,
      resolver: createDidResolver({ fetch }),
      replay: store,
      admit: (subscriber) => peer.includes(subscriber),
    },
    log,
  })
  return { host, origin }
}

async function gatewayOf(
  { config, wallet, store, folder }: FolderState,
  fetch: GuardedFetch,
  parts: {
    readonly resources: readonly Resource[]
    readonly origin: string
    readonly host: Host
    readonly log: (entry: GatewayLogEntry) => void
  },
): Promise<Gateway> {
  const { resources, origin, host, log } = parts
  const types = new Map<string, Set<string>>()
  for (const { type, action } of resources) types.set(type, (types.get(type) ?? new Set()).add(action))
  if (types.size > 32) throw new UsageError('resources.json has too many types')
  const trust = await trustOf(folder, { fetch, store })
  return createGateway({
    agent: await createAgent({ did: config.did, wallet, trust, fetch }),
    origin,
    demand: parseDemand(await readJson(join(folder, 'demand.json'))),
    offers: [...types].map(([type, actions]) => ({ type, actions: [...actions] })),
    store,
    host,
    log,
  })
}
