import type { HostedFile } from '../did/index.ts'
import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'
import { formatTrustBundle, type TrustBundle } from '../spiffe/index.ts'
import type { FirstBundle } from './claim.ts'

/** A first bundle: what to serve, and what the organization's DID document says of it. */
export interface PublishedFirstBundle {
  /** For the host to serve, byte for byte. */
  readonly file: HostedFile
  /** For the service in the DID document. */
  readonly firstBundle: FirstBundle
}

/**
 * Makes the file and the digest of a first bundle, which an endpoint that authenticates by an SVID cannot do without.
 * Publish the file, then the document, each time that an authority comes to sign what is not in the bundle.
 *
 * @param bundle - The bundle as of now.
 * @param url - Where the file will be, an `https` URL without query or fragment.
 * @throws {TypeError} The URL is not like that.
 */
export function publishFirstBundle(bundle: TrustBundle, url: string): PublishedFirstBundle {
  const { protocol, pathname, href, origin } = URL.canParse(url) ? new URL(url) : new URL('none:')
  if (protocol !== 'https:' || href !== `${origin}${pathname}`)
    throw new TypeError('url must be an https URL without query or fragment')
  const body = formatTrustBundle(bundle)
  return Object.freeze({
    file: Object.freeze({ path: pathname, contentType: 'application/json', body }),
    firstBundle: Object.freeze({ url, sha256: encodeBase64url(sha256(encodeUtf8(body))) }),
  })
}
