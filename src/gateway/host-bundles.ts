import { formatTrustBundle, type TrustBundle } from '../spiffe/index.ts'
import { checkPath, publishedResponse } from './host-files.ts'
import { describeError, type GatewayLog } from './log.ts'
import { problemResponse } from './problem.ts'

/** Where an organization's SPIFFE bundle is by default, under its origin: the `SpiffeTrustDomain` service points to it. */
export const BUNDLE_PATH: string = '/comity/bundle'

/** The bundle of an organization's SPIFFE trust domain, as others fetch it with the profile `https_web`. */
export interface HostedBundle {
  /** The bundle as of now, with a sequence number that grows with each change; what it throws, the host answers 503 for. */
  getBundle(): TrustBundle
  /** Its path. Defaults to {@link BUNDLE_PATH}. */
  readonly path?: string
}

/** Answers a request for a bundle. */
type AnswerBundle = (request: Request) => Response

// Kept by others, and not used without asking: an authority that was taken out must be out at once.
const NOT_CACHED = 'no-cache'

/**
 * Makes what answers for bundles, by path.
 *
 * @throws {TypeError} A path is not the canonical one of a URL, or is there twice.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md#5213-serving-bundle-endpoints | SPIFFE-Federation §5.2.1.3}
 */
export function createBundleFiles(
  bundles: readonly HostedBundle[],
  { origin, log }: { readonly origin: string; readonly log: GatewayLog },
): ReadonlyMap<string, AnswerBundle> {
  const files = new Map<string, AnswerBundle>()
  for (const bundle of bundles) {
    const { path = BUNDLE_PATH } = bundle
    checkPath(path, origin)
    if (files.has(path)) throw new TypeError('the paths of bundles must be different')
    files.set(path, (request) => answer(bundle, path, request, log))
  }
  return files
}

function answer(bundle: HostedBundle, path: string, request: Request, log: GatewayLog): Response {
  let body: string
  try {
    body = formatTrustBundle(bundle.getBundle())
  } catch (error) {
    log({ level: 'error', event: 'bundle.unavailable', ...describeError(error) })
    return problemResponse(503, 'the bundle is not there now')
  }
  return publishedResponse(request, { path, contentType: 'application/json', body }, NOT_CACHED)
}
