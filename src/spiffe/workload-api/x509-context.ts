import { parseX509Bundle, parseX509Svid, type TrustBundle, type X509Svid } from '../index.ts'
import { readMandatoryBundles, readX509Bundles, type Report } from './bundle-map.ts'
import { withSoundHints } from './hints.ts'
import {
  decodeResponse,
  fieldMismatch,
  fieldMissing,
  messageMalformed,
  type MessageBytes,
  type X509SvidMessage,
} from './protocol.ts'

/** All that a workload has and may trust for X.509-SVIDs, as of one moment. Frozen. */
export interface X509Context {
  /** Its SVIDs, in the order that they came; the first is the default. None means that they were withdrawn. */
  readonly svids: readonly X509Svid[]
  /** The X.509 authorities of its own trust domains and of those that they federate with, one bundle each. */
  readonly bundles: readonly TrustBundle[]
  /** Revocation lists in DER, as they came: nothing here looks at them. */
  readonly crls: readonly Uint8Array[]
}

/** The most SVIDs in one answer. */
export const MAX_SVIDS = 256

/** What is left when all was withdrawn. */
export const NO_X509_CONTEXT: X509Context = Object.freeze({
  svids: Object.freeze([]),
  bundles: Object.freeze([]),
  crls: Object.freeze([]),
})

/**
 * Reads the answer of `FetchX509SVID`.
 *
 * The checks run in this order: size, encoding, number of SVIDs, for each that no mandatory field is empty, hints, each
 * SVID and its bundle, that an SVID is the one that its `spiffe_id` says, federated bundles.
 *
 * @param report - Learns what was left out: an SVID with a hint that an earlier one has or that is too long, and a
 *   federated bundle that is malformed.
 * @throws {VerificationError} `COMITY_WORKLOAD_API_MESSAGE`, `COMITY_WORKLOAD_API_FIELD_MISSING`,
 *   `COMITY_WORKLOAD_API_MISMATCH`; as `parseX509Svid` and `parseX509Bundle`.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md#521-x509-svid | Workload API §5.2.1}
 */
export async function readX509Context(bytes: MessageBytes, report: Report): Promise<X509Context> {
  const { svids: messages, crl, federatedBundles } = decodeResponse('FetchX509SVID', bytes)
  checkCount(messages)
  messages.forEach(checkFields)
  const svids: X509Svid[] = []
  const bundles = new Map<string, TrustBundle>()
  for (const bundle of readX509Bundles(federatedBundles, report)) bundles.set(bundle.trustDomain.name, bundle)
  for (const message of withSoundHints(messages, report)) {
    const svid = await readSvid(message)
    svids.push(svid)
    // After the federated ones: what comes with the SVID counts for its trust domain.
    bundles.set(svid.id.trustDomain.name, parseX509Bundle(svid.id.trustDomain, message.bundle))
  }
  if (svids.length === 0) throw messageMalformed('no SVID can be used', 'svids')
  return Object.freeze({
    svids: Object.freeze(svids),
    bundles: Object.freeze([...bundles.values()]),
    crls: copies(crl),
  })
}

/**
 * Reads the answer of `FetchX509Bundles`.
 *
 * @param report - Learns which bundles were left out.
 * @throws {VerificationError} `COMITY_WORKLOAD_API_MESSAGE`, `COMITY_WORKLOAD_API_FIELD_MISSING`; what is wrong with a
 *   bundle, when there is no other.
 */
export async function readX509BundlesAnswer(
  bytes: MessageBytes,
  report: Report,
): Promise<readonly TrustBundle[]> {
  const { bundles } = decodeResponse('FetchX509Bundles', bytes)
  return Object.freeze(readMandatoryBundles(bundles, readX509Bundles, report))
}

/** Checks how many SVIDs there are in an answer. */
export function checkCount(svids: readonly unknown[]): void {
  if (svids.length === 0) throw fieldMissing('svids')
  if (svids.length > MAX_SVIDS) throw messageMalformed('it has too many SVIDs', 'svids')
}

function checkFields({ spiffeId, x509Svid, x509SvidKey, bundle }: X509SvidMessage): void {
  if (spiffeId === '') throw fieldMissing('spiffe_id')
  if (x509Svid.length === 0) throw fieldMissing('x509_svid')
  if (x509SvidKey.length === 0) throw fieldMissing('x509_svid_key')
  if (bundle.length === 0) throw fieldMissing('bundle')
}

async function readSvid({ spiffeId, x509Svid, x509SvidKey, hint }: X509SvidMessage): Promise<X509Svid> {
  const svid = await parseX509Svid(x509Svid, x509SvidKey, hint)
  if (svid.id.uri !== spiffeId) throw fieldMismatch('spiffe_id', '5.2.1')
  return svid
}

function copies(list: readonly Uint8Array[]): readonly Uint8Array[] {
  return Object.freeze(list.map((bytes) => new Uint8Array(bytes)))
}
