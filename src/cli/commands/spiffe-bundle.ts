import { formatPemBundle, formatTrustBundle, parseTrustDomain, type TrustBundle } from '../../spiffe/index.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import {
  describeBundle,
  fetchFromEndpoint,
  readBundleFile,
  summaryOf,
  type EndpointFlags,
} from './spiffe-bundles.ts'

/** The flags of `comity spiffe bundle`. */
export interface BundleFlags extends EndpointFlags {
  readonly trustDomain: string
  readonly to: 'summary' | 'spiffe' | 'pem'
  readonly json: boolean
}

/** Shows a bundle, or writes it in another form. Gives the exit code. */
export async function showBundle(
  file: string | undefined,
  flags: BundleFlags,
  output: ProgramOutput,
): Promise<number> {
  const bundle = await bundleIn(file, flags)
  if (flags.to === 'summary') {
    print(output, flags.json, { ok: true, ...summaryOf(bundle) }, describeBundle(bundle))
  } else {
    output.write(flags.to === 'pem' ? formatPemBundle(bundle).trimEnd() : formatTrustBundle(bundle))
  }
  return 0
}

async function bundleIn(file: string | undefined, flags: BundleFlags): Promise<TrustBundle> {
  const { endpoint } = flags
  const trustDomain = parseTrustDomain(flags.trustDomain)
  if (file !== undefined && endpoint === undefined) return readBundleFile(trustDomain, file)
  if (file === undefined && endpoint !== undefined) return fetchFromEndpoint(trustDomain, endpoint, flags)
  throw new UsageError('give a file, or --endpoint')
}
