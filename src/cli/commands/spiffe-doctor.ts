import { access, constants, stat } from 'node:fs/promises'
import { createDidResolver } from '../../did/index.ts'
import { ComityError } from '../../errors/index.ts'
import { findTrustDomainClaim } from '../../federation/index.ts'
import { systemClock } from '../../runtime/index.ts'
import {
  createBundleSet,
  parseEndpointAddress,
  parseTrustDomain,
  verifyX509Svid,
  type TrustBundle,
  type X509Svid,
} from '../../spiffe/index.ts'
import { fetchFor } from '../network.ts'
import { UsageError, type ProgramOutput } from '../output.ts'
import { clientFor, fetchFromEndpoint, type EndpointFlags, type SocketFlags } from './spiffe-bundles.ts'

/** The flags of `comity spiffe doctor`. */
export interface SpiffeDoctorFlags extends SocketFlags, EndpointFlags {
  readonly trustDomain?: string
  readonly did?: string
  readonly json: boolean
}

/** One thing that was looked at. */
interface Finding {
  readonly about: string
  readonly ok: boolean
  readonly says: string
}

const SOCKET_VARIABLE = 'SPIFFE_ENDPOINT_SOCKET'
const SOON_SECONDS = 60

/** What a person can do about it. */
const ADVICE: Readonly<Record<string, string>> = {
  COMITY_WORKLOAD_API_UNAVAILABLE: 'nobody answers: does the agent run, and is this its socket?',
  COMITY_WORKLOAD_API_DENIED:
    'the agent knows no identity for this process: is there a registration entry whose selectors fit it, and has it had a few seconds to get to the agent?',
  COMITY_WORKLOAD_API_REFUSED: 'what answers there is no Workload API, or an old one',
  COMITY_WORKLOAD_API_UNSUPPORTED: 'what answers there does not offer this part of the Workload API',
  COMITY_NET_ADDRESS_NOT_ALLOWED:
    'its host is on a private or loopback address; on one machine, name it with --allow-loopback',
  COMITY_NET_TLS:
    'its certificate does not verify; for `https_web`, give a private root with --ca; for `https_spiffe`, say so with --endpoint-id and --first-bundle',
  COMITY_NET_UNREACHABLE: 'nobody answers at its host: is it served, and does DNS know the name?',
  COMITY_NET_TIMEOUT: 'its host does not answer in time',
  COMITY_BUNDLE_UNAVAILABLE: 'the endpoint answers with an error instead of a bundle: is the path right?',
  COMITY_SPIFFE_ID_NOT_AUTHORIZED: 'the endpoint has another SPIFFE ID than --endpoint-id says',
  COMITY_CERTIFICATE_PATH:
    'the endpoint is signed by an authority that is not in --first-bundle: has it rotated since? Get the bundle anew',
  COMITY_DID_NOT_FOUND: 'its host has no such document: is it published?',
  COMITY_DID_SERVICE_UNKNOWN: 'the document has no service `SpiffeTrustDomain`: add one, and publish it anew',
  COMITY_TRUST_DOMAIN_CLAIM_INVALID: 'the service `SpiffeTrustDomain` is malformed: see the federation guide',
}

/** Looks at what commonly goes wrong with SPIFFE, and says it in plain words. Gives the exit code. */
export async function spiffeDoctor(flags: SpiffeDoctorFlags, output: ProgramOutput): Promise<number> {
  const findings = [
    ...(await socketFindings(flags)),
    ...(await endpointFindings(flags)),
    ...(await didFindings(flags)),
  ]
  const ok = findings.every((finding) => finding.ok)
  if (flags.json) output.write(JSON.stringify({ ok, findings }))
  else {
    for (const { ok: isGood, about, says } of findings) {
      output.write(`${isGood ? 'ok  ' : 'BAD '} ${about}: ${says}`)
    }
  }
  return ok ? 0 : 1
}

const good = (about: string, says: string): Finding => ({ about, ok: true, says })
const bad = (about: string, says: string): Finding => ({ about, ok: false, says })

function badBy(about: string, error: unknown): Finding {
  if (!(error instanceof ComityError)) throw error
  const { reason } = error.details
  const code = typeof reason === 'string' && reason in ADVICE ? reason : error.code
  return bad(about, `${ADVICE[code] ?? error.message} (${code})`)
}

async function socketFindings(flags: SpiffeDoctorFlags): Promise<readonly Finding[]> {
  const about = 'the socket'
  const address = flags.socket ?? process.env[SOCKET_VARIABLE] ?? ''
  if (address === '') {
    // Whoever asks about an endpoint or a DID alone need not run beside an agent.
    if (flags.endpoint !== undefined || flags.did !== undefined) return []
    return [bad(about, `none is named: set ${SOCKET_VARIABLE}, or give --socket`)]
  }
  try {
    const target = parseEndpointAddress(address)
    const finding = target.scheme === 'unix' ? await pathFinding(target.path) : good(about, address)
    if (!finding.ok) return [finding]
    return [finding, ...(await agentFindings(flags))]
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    return [
      bad(about, `${error.message}; it is such as unix:///run/spire/sockets/agent.sock (${error.code})`),
    ]
  }
}

async function pathFinding(path: string): Promise<Finding> {
  const about = 'the socket'
  try {
    if (!(await stat(path)).isSocket()) return bad(about, `${path} is no socket`)
    await access(path, constants.R_OK | constants.W_OK)
    return good(about, path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return bad(about, `${path} is not there: does the agent run?`)
    if (code === 'EACCES')
      return bad(about, `this user may not use ${path}: look at the modes of its folders`)
    throw error
  }
}

async function agentFindings(flags: SocketFlags): Promise<readonly Finding[]> {
  const client = clientFor(flags)
  try {
    const { svids, bundles } = await client.fetchX509Context()
    const jwt = await client.fetchJwtBundles().catch((error: unknown) => error)
    return [
      good('the agent', `answers, with ${counted(svids.length, 'SVID')}`),
      ...(await Promise.all(svids.map((svid) => svidFinding(svid, bundles)))),
      ...bundles.map((bundle) => bundleFinding(bundle)),
      Array.isArray(jwt)
        ? good('JWT bundles', counted(jwt.length, 'trust domain'))
        : badBy('JWT bundles', jwt),
    ]
  } catch (error) {
    return [badBy('the agent', error)]
  } finally {
    client.close()
  }
}

async function svidFinding(svid: X509Svid, bundles: readonly TrustBundle[]): Promise<Finding> {
  const about = svid.id.uri
  const left = svid.expiresAt - systemClock.now()
  if (left <= 0) {
    return bad(
      about,
      'has expired: the agent does not renew it. Does it reach its server, and is the clock right?',
    )
  }
  try {
    const chain = svid.chain.map(({ der }) => der)
    await verifyX509Svid(chain, { bundles: createBundleSet(bundles), now: systemClock.now() })
  } catch (error) {
    return badBy(about, error)
  }
  const minutes = `is valid for ${String(Math.floor(left / 60))} more minutes`
  return left < SOON_SECONDS
    ? bad(about, 'ends in less than a minute and was not renewed: does the agent reach its server?')
    : good(about, minutes)
}

function bundleFinding({ trustDomain, x509Authorities }: TrustBundle): Finding {
  const about = `the bundle of ${trustDomain.name}`
  const now = systemClock.now()
  const valid = x509Authorities.filter(({ notBefore, notAfter }) => notBefore <= now && now <= notAfter)
  if (x509Authorities.length === 0) return bad(about, 'is empty: nobody of this trust domain is trusted')
  if (valid.length === 0) return bad(about, 'has no authority that is valid now: it was not renewed')
  return good(about, `${counted(valid.length, 'authority')} valid now`)
}

async function endpointFindings(flags: SpiffeDoctorFlags): Promise<readonly Finding[]> {
  const { endpoint, trustDomain } = flags
  if (endpoint === undefined) return []
  if (trustDomain === undefined)
    throw new UsageError('--endpoint needs --trust-domain: its bundle does not say whose it is')
  const about = 'the bundle endpoint'
  try {
    const bundle = await fetchFromEndpoint(parseTrustDomain(trustDomain), endpoint, flags)
    const { refreshHint, sequence } = bundle
    return [
      good(about, `answers for ${trustDomain}`),
      bundleFinding(bundle),
      ...(sequence === undefined
        ? [bad(about, 'has no `spiffe_sequence`: others cannot tell an old bundle from a new one')]
        : []),
      ...(refreshHint === undefined
        ? [bad(about, 'has no `spiffe_refresh_hint`: others ask when they like')]
        : []),
    ]
  } catch (error) {
    return [badBy(about, error)]
  }
}

async function didFindings(flags: SpiffeDoctorFlags): Promise<readonly Finding[]> {
  const { did } = flags
  if (did === undefined) return []
  const about = 'the DID'
  const fetch = await fetchFor(flags)
  try {
    const document = await createDidResolver({ fetch }).resolveDocument(did)
    const claim = findTrustDomainClaim(document)
    if (claim === undefined) {
      return [bad(about, ADVICE['COMITY_DID_SERVICE_UNKNOWN'] ?? '')]
    }
    const where = `${claim.bundleEndpoint}, by ${claim.profile}`
    return [good(about, `claims the trust domain ${claim.trustDomain.name}, with its bundle at ${where}`)]
  } catch (error) {
    return [badBy(about, error)]
  } finally {
    fetch.close()
  }
}

function counted(count: number, what: string): string {
  const plural = what.endsWith('y') ? `${what.slice(0, -1)}ies` : `${what}s`
  return `${String(count)} ${count === 1 ? what : plural}`
}
