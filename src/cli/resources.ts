import { readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { isJsonObject } from '../encoding/index.ts'
import type { Gateway, ProtectedHandler } from '../gateway/index.ts'
import { readJson } from './folder.ts'
import { UsageError } from './output.ts'

/** One entry of `resources.json`: what a request asks for, by its method and the start of its path. */
export interface Resource {
  readonly path: string
  readonly method: string
  readonly type: string
  readonly action: string
}

/** Where allowed requests go. */
export interface ResourceTarget {
  /** The origin of the service behind the gateway. */
  readonly upstream?: string
  /** A folder of files. */
  readonly static?: string
}

/**
 * Reads the resources of an organization; none, and it has no gateway.
 *
 * @throws {UsageError} The file is malformed.
 */
export async function readResources(folder: string): Promise<readonly Resource[]> {
  const file = join(folder, 'resources.json')
  const entries: unknown = await readJson(file)
  if (!Array.isArray(entries)) throw new UsageError(`${file} must be a list`)
  return entries.map((entry: unknown) => {
    const { path, method = 'GET', type, action } = isJsonObject(entry) ? entry : {}
    const valid =
      typeof path === 'string' &&
      path.startsWith('/') &&
      typeof method === 'string' &&
      typeof type === 'string' &&
      typeof action === 'string'
    if (!valid)
      throw new UsageError(
        `${file}: each entry has \`path\`, \`type\` and \`action\`, and may have \`method\``,
      )
    return { path, method, type, action }
  })
}

/**
 * Puts the gateway before the resources. The longest path that fits decides; what fits none is not served.
 *
 * @returns Undefined for a request that no entry is about.
 */
export function protectResources(
  gateway: Gateway,
  resources: readonly Resource[],
  target: ResourceTarget,
): (request: Request) => Promise<Response | undefined> {
  const answer = targetHandler(target)
  const routes = resources
    .toSorted((left, right) => right.path.length - left.path.length)
    .map(({ path, method, type, action }) => ({
      path,
      method,
      handle: gateway.protect({ type, action }, answer),
    }))
  return async (request) => {
    const { pathname } = new URL(request.url)
    const route = routes.find(({ path, method }) => method === request.method && isUnder(pathname, path))
    return route?.handle(request)
  }
}

/** `/a` is over `/a` and `/a/b`, not over `/ab`. */
function isUnder(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
}

function targetHandler({ upstream, static: folder }: ResourceTarget): ProtectedHandler {
  if (upstream !== undefined && folder === undefined) return toUpstream(new URL(upstream))
  if (folder !== undefined && upstream === undefined) return toFolder(resolve(folder))
  throw new UsageError('give one of --upstream and --static for the resources')
}

/** Passes the request on, and who sent it: what the agent itself says in such a header is dropped. */
function toUpstream(upstream: URL): ProtectedHandler {
  return async (request, { agent, session }) => {
    const { pathname, search } = new URL(request.url)
    const headers = new Headers(request.headers)
    for (const name of ['authorization', 'dpop', 'host', 'connection']) headers.delete(name)
    for (const name of [...headers.keys()]) if (name.startsWith('comity-')) headers.delete(name)
    headers.set('comity-agent', agent)
    headers.set('comity-session', session.id)
    return fetch(new URL(`${pathname}${search}`, upstream), {
      method: request.method,
      headers,
      redirect: 'manual',
      ...(request.body === null ? {} : { body: await request.arrayBuffer() }),
    })
  }
}

function toFolder(folder: string): ProtectedHandler {
  return async (request) => {
    const file = resolve(folder, `.${decodeURIComponent(new URL(request.url).pathname)}`)
    if (!file.startsWith(folder + sep)) return new Response(null, { status: 404 })
    const content = await readFile(file).catch(() => undefined)
    if (content === undefined) return new Response(null, { status: 404 })
    const type = file.endsWith('.json') ? 'application/json' : 'application/octet-stream'
    return new Response(new Uint8Array(content), {
      headers: { 'content-type': type, 'cache-control': 'no-store' },
    })
  }
}
