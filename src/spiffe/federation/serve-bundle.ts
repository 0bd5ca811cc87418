import { encodeBase64url, encodeUtf8 } from '../../encoding/index.ts'
import { sha256 } from '../../runtime/index.ts'
import { formatTrustBundle } from '../bundle-format.ts'
import type { TrustBundle } from '../bundle.ts'

/** What {@link createBundleHandler} needs. */
export interface BundleHandlerOptions {
  /** The bundle as of now; it should have a sequence number and a refresh hint. What it throws, the handler rejects with. */
  readonly getBundle: () => TrustBundle
}

/**
 * Makes what answers at a bundle endpoint, at whatever path it is mounted.
 *
 * `GET` and `HEAD` get the newest bundle with an `ETag`, or 304 where the caller has it; other methods get 405. Nobody is
 * asked who they are. The server around it must be `https` (the profile `https_spiffe`: `tlsServerOptions` without
 * `bundles` and `authorize`).
 *
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md#5213-serving-bundle-endpoints | SPIFFE-Federation §5.2.1.3}
 */
export function createBundleHandler({
  getBundle,
}: BundleHandlerOptions): (request: Request) => Promise<Response> {
  return async ({ method, headers: asked }) => {
    if (method !== 'GET' && method !== 'HEAD') {
      return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
    }
    const body = encodeUtf8(formatTrustBundle(getBundle()))
    const etag = `"${encodeBase64url(sha256(body))}"`
    // To be kept, but not used without asking: an authority that was taken out must be out at once.
    const headers = { etag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }
    if (hasTag(asked.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
    return new Response(method === 'HEAD' ? null : body, {
      headers: { ...headers, 'content-type': 'application/json', 'content-length': String(body.length) },
    })
  }
}

function hasTag(header: string | null, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}
