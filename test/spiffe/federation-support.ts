import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:https'
import { onTestFinished } from 'vitest'
import { createGuardedFetch, insecureAllowLoopback, type GuardedFetch } from '../../src/net/index.ts'
import type { Timers } from '../../src/runtime/index.ts'
import { createTrustBundle, type TrustBundle } from '../../src/spiffe/index.ts'
import {
  createBundleHandler,
  watchBundle,
  type BundleFetchEvent,
  type BundleStore,
  type WatchBundleOptions,
} from '../../src/spiffe/federation.ts'
import { tlsServerOptions, type X509SvidSource } from '../../src/spiffe/tls.ts'
import { createCertificateAuthority } from '../../src/testing/index.ts'
import { acme } from './tls-support.ts'

/** The authority of "the web", for `https_web`. */
export const web = await createCertificateAuthority()

/** A bundle with the X.509 authorities of another. */
export function withSequence(
  { trustDomain, x509Authorities }: TrustBundle,
  sequence: bigint | undefined,
  refreshHint = 60,
): TrustBundle {
  return createTrustBundle({
    trustDomain,
    x509Authorities,
    refreshHint,
    ...(sequence !== undefined && { sequence }),
  })
}

/** A bundle endpoint on loopback. */
export interface Endpoint {
  readonly url: string
  /** The path and headers of the requests so far. */
  readonly requests: readonly { readonly url: string; readonly accept: string | undefined }[]
}

/** What an endpoint answers; the bundle, where it is undefined. */
export type Answer = (
  url: string,
) => { status: number; headers?: Record<string, string>; body?: string | Uint8Array } | undefined

async function start(server: Server, getBundle: () => TrustBundle, answer: Answer): Promise<Endpoint> {
  const handle = createBundleHandler({ getBundle })
  const requests: { url: string; accept: string | undefined }[] = []
  server.on('request', (incoming, outgoing) => {
    const { url = '', method = '', headers } = incoming
    requests.push({ url, accept: headers.accept })
    const other = answer(url)
    if (other !== undefined) {
      outgoing.writeHead(other.status, other.headers).end(other.body)
      return
    }
    void handle(new Request(`https://localhost${url}`, { method })).then(async (response) => {
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text())
    })
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { url: `https://localhost:${String(port)}/bundle?x=1`, requests }
}

/** Serves a bundle with a certificate of the web. */
export async function startWeb(
  getBundle: () => TrustBundle,
  answer: Answer = () => undefined,
  certificate = web.issue(),
): Promise<Endpoint> {
  return start(createServer(await certificate), getBundle, answer)
}

/** Serves a bundle with an X.509-SVID. */
export async function startSpiffe(
  source: X509SvidSource,
  getBundle: () => TrustBundle,
  answer: Answer = () => undefined,
): Promise<Endpoint> {
  const options = tlsServerOptions({ source })
  return start(options.secure(createServer(options)), getBundle, answer)
}

/** A guarded fetch that may go to these endpoints. */
export function fetchFrom(...endpoints: readonly Endpoint[]): GuardedFetch {
  const fetch = createGuardedFetch({
    ca: web.ca,
    [insecureAllowLoopback]: endpoints.map(({ url }) => new URL(url).origin),
  })
  onTestFinished(() => fetch.close())
  return fetch
}

/** Timers of which nothing but `poll` fires: the one that was set last. */
export function manualTimers(): Timers & {
  readonly delays: number[]
  poll: () => void
  readonly pending: number
} {
  const delays: number[] = []
  const pending = new Map<object, () => void>()
  const after = (ms: number, run: () => void) => {
    delays.push(ms)
    const key = {}
    pending.set(key, run)
    return () => void pending.delete(key)
  }
  return {
    after,
    every: after,
    delays,
    get pending() {
      return pending.size
    },
    poll: () => {
      const [[key, run] = []] = [...pending].slice(-1)
      if (key === undefined || run === undefined) throw new Error('no timer is set')
      pending.delete(key)
      run()
    },
  }
}

/** A store that says what was saved. */
export function memoryStore(
  document?: string,
): BundleStore & { readonly saved: string[]; current: () => string | undefined } {
  let held = document
  const saved: string[] = []
  return {
    saved,
    current: () => held,
    load: async () => held,
    save: async (_trustDomain, next) => {
      held = next
      saved.push(next)
    },
    delete: async () => {
      held = undefined
    },
  }
}

/** A watcher whose polls come when the test says so. */
export function watch(endpoint: Endpoint, more: Partial<WatchBundleOptions> = {}) {
  const timers = manualTimers()
  const events: BundleFetchEvent[] = []
  const waiting: (() => void)[] = []
  const watcher = watchBundle({
    trustDomain: acme.trustDomain,
    url: endpoint.url,
    profile: { type: 'https_web' },
    fetch: fetchFrom(endpoint),
    timers,
    log: (event) => {
      events.push(event)
      waiting.splice(0).forEach((wake) => wake())
    },
    ...more,
  })
  onTestFinished(() => watcher.close())
  const settled = async (poll: () => void = () => undefined) => {
    const count = events.length
    poll()
    while (events.length === count) await new Promise<void>((resolve) => waiting.push(resolve))
    // The next timer is set after the log.
    await new Promise((resolve) => setImmediate(resolve))
    return events.at(-1)!
  }
  return { watcher, timers, events, settled, poll: () => settled(timers.poll) }
}
