import { issueCredential, type AgentPostureClaims } from '../../../src/credentials/index.ts'
import { didKeyFromJwk } from '../../../src/did/index.ts'
import { decodeBase64url, encodeBase64url } from '../../../src/encoding/index.ts'
import { SIGNATURE_ALGORITHMS, generateSigner, withKid, type Signer } from '../../../src/keys/index.ts'
import { systemClock } from '../../../src/runtime/index.ts'
import { createStatusPublisher } from '../../../src/status/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import type { Given } from './program.mjs'

/** The holder of every credential here. */
export const HOLDER = 'did:web:agents.acme.example:invoices'
const LISTS = 'https://acme.example/status'
const TYPE = 'AgentPostureCredential'

/** What the credentials say. */
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

interface Issuer {
  readonly did: string
  readonly signer: Signer
}

async function createIssuer(alg: Signer['alg']): Promise<Issuer> {
  const signer = await generateSigner({ alg })
  const did = didKeyFromJwk(signer.publicJwk)
  return { did, signer: withKid(signer, `${did}#${did.slice('did:key:'.length)}`) }
}

/** One credential of each algorithm that is good, many that are not, and what is expected of each. */
export interface Evidence extends Pick<Given, 'now' | 'cases' | 'issuers' | 'lists' | 'issue'> {
  /** `verified` or a code, by the name of the case. */
  readonly expected: Readonly<Record<string, string>>
}

/** Issues them, by issuers that are did:key. */
export async function createEvidence(): Promise<Evidence> {
  const now = Math.floor(systemClock.now())
  const issuers = new Map<string, Issuer>()
  for (const alg of SIGNATURE_ALGORITHMS) issuers.set(alg, await createIssuer(alg))
  const cases: { name: string; token: string; holder: string }[] = []
  const expected: Record<string, string> = {}
  const add = (name: string, token: string, outcome: string, holder: string = HOLDER): void => {
    cases.push({ name, token, holder })
    expected[name] = outcome
  }
  const lists: Record<string, string> = {}
  for (const [alg, issuer] of issuers) {
    const publisher = createStatusPublisher({
      store: createMemoryStore(),
      signer: issuer.signer,
      issuer: issuer.did,
      url: `${LISTS}/${alg}`,
    })
    const status = await publisher.allocate('revocation')
    const revokedStatus = await publisher.allocate('revocation')
    await publisher.set(revokedStatus[0]!, true)
    const url = status[0]!.statusListCredential
    lists[url] = (await publisher.credential(url))!

    const base = {
      ...issuer,
      issuer: issuer.did,
      type: TYPE,
      subject: HOLDER,
      claims: POSTURE,
      status,
    } as const
    const hours = (from: number, until: number) => ({
      validFrom: now + from * 3600,
      validUntil: now + until * 3600,
    })
    const good = await issueCredential({ ...base, ...hours(-1, 1) })
    add(`${alg}: good`, good, 'verified')
    add(`${alg}: good, seen before`, good, 'verified')
    add(`${alg}: expired`, await issueCredential({ ...base, ...hours(-2, -1) }), 'COMITY_CREDENTIAL_EXPIRED')
    add(
      `${alg}: not yet valid`,
      await issueCredential({ ...base, ...hours(1, 2) }),
      'COMITY_CREDENTIAL_NOT_YET_VALID',
    )
    add(`${alg}: other claims`, withOtherClaims(good), 'COMITY_SIGNATURE_INVALID')
    add(`${alg}: other signature`, withOtherSignature(good), 'COMITY_SIGNATURE_INVALID')
    const thief = withKid((await createIssuer(issuer.signer.alg)).signer, issuer.signer.kid)
    add(
      `${alg}: signed by another`,
      await issueCredential({ ...base, signer: thief, ...hours(-1, 1) }),
      'COMITY_SIGNATURE_INVALID',
    )
    add(`${alg}: shown by another`, good, 'COMITY_CREDENTIAL_HOLDER', 'did:web:agents.acme.example:mallory')
    const revoked = await issueCredential({ ...base, status: revokedStatus, ...hours(-1, 1) })
    add(`${alg}: revoked`, revoked, 'COMITY_STATUS_REVOKED')
  }
  const nobody = await createIssuer('Ed25519')
  const selfMade = await issueCredential({
    ...nobody,
    issuer: nobody.did,
    type: TYPE,
    subject: HOLDER,
    claims: POSTURE,
    validFrom: now - 3600,
    validUntil: now + 3600,
  })
  add('issuer that nobody believes', selfMade, 'COMITY_ISSUER_NOT_TRUSTED')
  add('unsigned', unsigned(selfMade), 'COMITY_ALG_NOT_ALLOWED')
  return {
    now,
    cases,
    expected,
    issuers: [...issuers.values()].map(({ did }) => ({ did, types: [TYPE] })),
    lists,
    issue: { subject: HOLDER, claims: { ...POSTURE } },
  }
}

function withOtherClaims(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const text = new TextDecoder().decode(decodeBase64url(payload))
  const forged = text.replace('"patchAgeDays":3', '"patchAgeDays":0')
  if (forged === text) throw new Error('the claim to forge is not there')
  return [header, encodeBase64url(new TextEncoder().encode(forged)), signature].join('.')
}

function withOtherSignature(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const bytes = decodeBase64url(signature)
  bytes[10] = (bytes[10] ?? 0) ^ 1
  return [header, payload, encodeBase64url(bytes)].join('.')
}

function unsigned(token: string): string {
  const [header = '', payload = ''] = token.split('.')
  const changed = { ...JSON.parse(new TextDecoder().decode(decodeBase64url(header))), alg: 'none' }
  return [encodeBase64url(new TextEncoder().encode(JSON.stringify(changed))), payload, ''].join('.')
}
