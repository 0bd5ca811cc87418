import { concatBytes, encodeUtf8 } from '../encoding/index.ts'
import { systemClock } from '../runtime/index.ts'
import {
  createBundleSet,
  spiffeIdOfPath,
  verifyJwtSvid,
  type TrustBundle,
  type X509Svid,
} from '../spiffe/index.ts'
import { writeStruct } from '../spiffe/workload-api.ts'
import type { FakeWorkload, FakeWorkloadApiMethod, FakeWorkloadApiOptions } from './fake-workload-api.ts'

/** What the server knows, and its answers. A status in place of an answer is thrown as {@link StatusFault}. */
export interface FakeState {
  /** Sets the identities of the caller. */
  setWorkloads(workloads: readonly FakeWorkload[]): Promise<void>
  /** Sets the bundles of other trust domains. */
  setFederatedBundles(bundles: readonly TrustBundle[]): void
  /** Issues all X.509-SVIDs anew. */
  renew(): Promise<void>
  /** The answer to a call. */
  answer(method: FakeWorkloadApiMethod, request: FakeRequest): Promise<object>
}

/** The fields of all requests. */
export interface FakeRequest {
  readonly audience?: string | readonly string[]
  readonly spiffeId?: string
  readonly svid?: string
}

/** A status that a call ends with. */
export class StatusFault extends Error {
  override readonly name = 'StatusFault'
  readonly status: 'INVALID_ARGUMENT' | 'PERMISSION_DENIED'

  constructor(status: 'INVALID_ARGUMENT' | 'PERMISSION_DENIED', message: string) {
    super(message)
    this.status = status
  }
}

/** Makes the state of a server that has not issued anything yet. */
export function createFakeState(options: FakeWorkloadApiOptions): FakeState {
  const { authority, clock = systemClock } = options
  let workloads: readonly FakeWorkload[] = []
  let svids: readonly X509Svid[] = []
  let federated = options.federatedBundles ?? []
  const issue = (list: readonly FakeWorkload[]): Promise<readonly X509Svid[]> =>
    Promise.all(list.map((workload) => authority.issueX509Svid(workload.path, workload)))
  const bundles = (): readonly TrustBundle[] => [...federated, authority.bundle()]

  async function jwtSvids({ audience = [], spiffeId = '' }: FakeRequest): Promise<object> {
    const names = typeof audience === 'string' ? [audience] : audience
    if (names.length === 0 || names.includes('')) throw invalid('audience must be specified')
    const uriOf = ({ path }: FakeWorkload): string => spiffeIdOfPath(authority.trustDomain, path).uri
    const entitled = workloads.filter((each) => spiffeId === '' || uriOf(each) === spiffeId)
    if (entitled.length === 0) throw denied()
    const issued = entitled.map(async (workload) => {
      const { path, hint = '', jwtLifetime: lifetime } = workload
      const svid = await authority.issueJwtSvid(path, names, lifetime === undefined ? {} : { lifetime })
      return { spiffeId: uriOf(workload), svid, hint }
    })
    return { svids: await Promise.all(issued) }
  }

  return {
    async setWorkloads(list) {
      const hints = list.flatMap(({ hint = '' }) => (hint === '' ? [] : [hint]))
      if (new Set(hints).size !== hints.length) throw new TypeError('two workloads have one hint')
      svids = await issue(list)
      workloads = list
    },
    setFederatedBundles(list) {
      federated = list
    },
    async renew() {
      svids = await issue(workloads)
    },
    async answer(method, request) {
      if (workloads.length === 0) throw denied()
      if (method === 'FetchX509SVID') return x509Context(svids, authority.bundle(), federated)
      if (method === 'FetchX509Bundles') return { bundles: mapOf(bundles(), x509Bytes) }
      if (method === 'FetchJWTBundles') return { bundles: mapOf(bundles(), jwks) }
      if (method === 'FetchJWTSVID') return jwtSvids(request)
      return validate(request, bundles(), clock.now())
    },
  }
}

function x509Context(
  svids: readonly X509Svid[],
  bundle: TrustBundle,
  federated: readonly TrustBundle[],
): object {
  return {
    svids: svids.map(({ id, chain, privateKey, hint }) => ({
      spiffeId: id.uri,
      x509Svid: concatBytes(...chain.map(({ der }) => der)),
      x509SvidKey: privateKey,
      bundle: x509Bytes(bundle),
      hint,
    })),
    federatedBundles: mapOf(federated, x509Bytes),
  }
}

function mapOf(bundles: readonly TrustBundle[], encode: (bundle: TrustBundle) => Uint8Array): object {
  return Object.fromEntries(bundles.map((bundle) => [bundle.trustDomain.uri, encode(bundle)]))
}

function x509Bytes({ x509Authorities }: TrustBundle): Uint8Array {
  return concatBytes(...x509Authorities.map(({ der }) => der))
}

/** Without `use`, as SPIRE writes it. */
function jwks({ jwtAuthorities }: TrustBundle): Uint8Array {
  const keys = [...jwtAuthorities.values()].map(({ kid, jwk }) => ({ ...jwk, kid }))
  return encodeUtf8(JSON.stringify({ keys }))
}

async function validate(
  { audience = '', svid = '' }: FakeRequest,
  bundles: readonly TrustBundle[],
  now: number,
): Promise<object> {
  if (audience === '') throw invalid('audience must be specified')
  if (svid === '') throw invalid('svid must be specified')
  try {
    const verified = await verifyJwtSvid(svid, { bundles: createBundleSet(bundles), audience, now })
    return { spiffeId: verified.id.uri, claims: writeStruct(verified.claims) }
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : 'the token is not valid')
  }
}

function invalid(message: string): StatusFault {
  return new StatusFault('INVALID_ARGUMENT', message)
}

function denied(): StatusFault {
  return new StatusFault('PERMISSION_DENIED', 'no identity issued')
}
