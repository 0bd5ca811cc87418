import {
  issueCredential,
  type AgentCapabilityClaims,
  type AgentPostureClaims,
  type AgentProvenanceClaims,
  type AgentScopeClaims,
  type IssueCredentialOptions,
  type IssuerTrust,
  type OrganizationClaims,
  type StatusChecker,
  type TrustDomainClaims,
  type VerifyCredentialOptions,
} from '../../src/credentials/index.ts'
import { createDidDocument, createDidResolver, didWebUrl, type DidResolver } from '../../src/did/index.ts'
import { encodeUtf8, type JsonObject } from '../../src/encoding/index.ts'
import { NetworkError } from '../../src/errors/index.ts'
import { importSigner, signJws, withKid, type Signer } from '../../src/keys/index.ts'
import type { GuardedFetch, GuardedRequest, GuardedResponse } from '../../src/net/index.ts'

/** 2026-11-24T00:00:00Z. */
export const NOW = 1_795_478_400

export const HOLDER = 'did:web:agents.acme.example:invoices'

/** The key of RFC 8037 appendix A. */
const ED25519_JWK = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}

/** The issuer's key of RFC 9901 appendix A.5. */
const P256_JWK = {
  kty: 'EC',
  crv: 'P-256',
  d: 'Ur2bNKuBPOrAaxsRnbSH6hIhmNTxSGXshDSUD1a1y7g',
  x: 'b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ',
  y: 'Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8',
}

/** A page of the test's web: its text, or the status that it answers with. */
export type Page = string | number

/** A web in memory, for what a real server cannot be made to say. Other tests go over HTTPS. */
export interface TestWeb {
  readonly pages: Map<string, Page>
  readonly requests: { readonly url: string; readonly request: GuardedRequest }[]
  readonly fetch: GuardedFetch
}

export function createWeb(): TestWeb {
  const pages = new Map<string, Page>()
  const requests: { url: string; request: GuardedRequest }[] = []
  const get = async (url: string, request: GuardedRequest = {}): Promise<GuardedResponse> => {
    requests.push({ url, request })
    const page = pages.get(url)
    if (page === undefined) throw new NetworkError('COMITY_NET_UNREACHABLE', 'no such host')
    const [status, body] = typeof page === 'number' ? [page, ''] : [200, page]
    return { url, status, headers: new Headers(), body: encodeUtf8(body) }
  }
  const stream = async (): Promise<never> => {
    throw new TypeError('not in this test')
  }
  return { pages, requests, fetch: Object.assign(get, { stream, close: () => undefined }) }
}

/** An issuer whose document is on the test's web: an Ed25519 and a P-256 key for assertions, one for login only. */
export interface TestIssuer {
  readonly did: string
  readonly signer: Signer
  readonly p256: Signer
  /** In the document, but not in `assertionMethod`. */
  readonly login: Signer
}

export async function createIssuer(web: TestWeb, did = 'did:web:acme.example'): Promise<TestIssuer> {
  const ed25519 = await importSigner(ED25519_JWK, { alg: 'EdDSA' })
  const p256 = await importSigner(P256_JWK)
  const document = createDidDocument({
    did,
    keys: [
      { fragment: '#key-1', jwk: ed25519.publicJwk, relationships: ['assertionMethod'] },
      { fragment: '#key-2', jwk: p256.publicJwk, relationships: ['assertionMethod'] },
      { fragment: '#login', jwk: p256.publicJwk, relationships: ['authentication'] },
    ],
  })
  web.pages.set(didWebUrl(did), JSON.stringify(document))
  return {
    did,
    signer: withKid(ed25519, `${did}#key-1`),
    p256: withKid(p256, `${did}#key-2`),
    login: withKid(p256, `${did}#login`),
  }
}

export const CAPABILITY: AgentCapabilityClaims = {
  authorizationDetails: [
    { type: 'invoices', actions: ['read'], locations: ['https://globex.example/invoices'] },
  ],
}

export const PROVENANCE: AgentProvenanceClaims = {
  organization: 'did:web:acme.example',
  accountable: 'did:web:acme.example:people:cfo',
  model: { family: 'example', version: '2026-10' },
  codeDigest: `sha256:${'0123456789abcdef'.repeat(4)}`,
  build: { slsaLevel: 3, builder: 'https://ci.acme.example', attestation: 'https://rekor.example/entries/1' },
}

export const SCOPE: AgentScopeClaims = {
  autonomyLevel: 2,
  tools: ['invoices.match'],
  dataClasses: ['financial'],
  oversight: 'on-the-loop',
  limits: { requestsPerMinute: 60, amount: { value: 10_000, currency: 'EUR' } },
  jurisdictions: ['eu', 'uk'],
}

export const POSTURE: AgentPostureClaims = {
  assessedAt: '2026-11-23T22:00:00Z',
  attestation: { method: 'spire', selectors: ['k8s:ns:agents'] },
  patchAgeDays: 3,
  openCriticalVulnerabilities: 0,
  sandbox: 'container',
  egressControl: 'allow-list',
  region: 'eu',
  evaluations: [{ name: 'prompt-injection', passed: true, date: '2026-11-01' }],
}

export const TRUST_DOMAIN: TrustDomainClaims = {
  trustDomain: 'acme.example',
  bundleEndpoint: 'https://acme.example/spiffe/bundle',
  profile: 'https_spiffe',
  endpointSpiffeId: 'spiffe://acme.example/spire/server',
  firstBundle: { url: 'https://acme.example/spiffe/first', digest: `sha256:${'0123456789abcdef'.repeat(4)}` },
}

export const ORGANIZATION: OrganizationClaims = {
  legalName: 'Acme GmbH',
  jurisdiction: 'de',
  registration: { register: 'Handelsregister B, Amtsgericht Musterstadt', number: 'HRB 12345' },
  contact: { email: 'agents@acme.example', phone: '+4930123456', url: 'https://acme.example/agents' },
  liability: {
    accepts: ['contract', 'data-protection'],
    limit: { value: 1_000_000, currency: 'EUR' },
    terms: 'https://acme.example/agents/terms',
  },
  agents: { dids: ['did:web:agents.acme.example:invoices'], under: ['did:web:acme.example'] },
}

/** Issues a posture credential that is good at {@link NOW}. */
export async function issuePosture(
  issuer: TestIssuer,
  more: Partial<IssueCredentialOptions<'AgentPostureCredential'>> = {},
): Promise<string> {
  return issueCredential({
    signer: issuer.signer,
    issuer: issuer.did,
    type: 'AgentPostureCredential',
    subject: HOLDER,
    claims: POSTURE,
    validFrom: NOW - 3600,
    validUntil: NOW + 3600,
    id: 'https://acme.example/credentials/1',
    ...more,
  })
}

/** Signs any document as a credential, also one that nobody should sign. */
export async function signDocument(
  signer: Signer,
  payload: JsonObject,
  header: JsonObject = {},
): Promise<string> {
  return signJws({ header: { typ: 'vc+jwt', ...header }, payload, signer })
}

/** Believes one issuer everything. */
export function trustOnly(did: string): IssuerTrust {
  return { judge: async ({ issuer }) => ({ accepted: issuer === did, reason: 'the test says so' }) }
}

/** Finds nothing wrong with any status. */
export const STATUS_GOOD: StatusChecker = { check: async () => undefined }

export interface TestWorld {
  readonly web: TestWeb
  readonly issuer: TestIssuer
  readonly resolver: DidResolver
  readonly options: VerifyCredentialOptions
}

/** A web with one issuer, and options that accept what it issues to {@link HOLDER}. */
export async function createWorld(): Promise<TestWorld> {
  const web = createWeb()
  const issuer = await createIssuer(web)
  const clock = { now: () => NOW }
  const resolver = createDidResolver({ fetch: web.fetch, clock })
  const options = { resolver, trust: trustOnly(issuer.did), status: STATUS_GOOD, holder: HOLDER, now: NOW }
  return { web, issuer, resolver, options }
}

/** A posture credential of `did:web:acme.example` that is good at {@link NOW}, unsigned, with other members. */
export function postureDocument(more: JsonObject = {}): JsonObject {
  return {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    id: 'https://acme.example/credentials/1',
    type: ['VerifiableCredential', 'AgentPostureCredential'],
    issuer: 'did:web:acme.example',
    validFrom: '2026-11-23T23:00:00Z',
    validUntil: '2026-11-24T01:00:00Z',
    credentialSubject: { ...(POSTURE as unknown as JsonObject), id: HOLDER },
    ...more,
  }
}
