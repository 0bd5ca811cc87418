import { parseDemand } from '../../../src/demand/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import type { Occasion } from '../../../src/handshake/binding.ts'
import { assertDemandMet } from '../../../src/handshake/evidence.ts'
import { handshakeBudget } from '../../../src/handshake/bounds.ts'
import { verifySvids, type ConnectionFacts } from '../../../src/handshake/svid-evidence.ts'
import {
  assertProofOccasion,
  parseSvidProof,
  proveX509Svid,
  verifySvidProof,
} from '../../../src/handshake/svid-proof.ts'
import {
  createBundleSet,
  parseSpiffeId,
  parseTrustDomain,
  verifyX509Svid,
  type X509Svid,
} from '../../../src/spiffe/index.ts'
import { createSpiffeAuthority, type SpiffeAuthority } from '../../../src/testing/index.ts'

const OCCASION: Occasion = {
  version: 'comity/1-draft',
  hash: new Uint8Array(32),
  presenter: 'did:web:acme.example:agents:ledger',
  role: 'initiator',
  verifier: 'did:web:globex.example',
}
const now = Date.now() / 1000

async function prove(
  changes: Partial<X509Svid> = {},
): Promise<{ value: string; authority: SpiffeAuthority }> {
  const authority = await createSpiffeAuthority('acme.example')
  const svid = await authority.issueX509Svid('/ledger')
  return { value: await proveX509Svid({ ...svid, ...changes }, OCCASION, now), authority }
}

/** Judges a proof that was made for another occasion. */
async function judgeAt(changes: Partial<Occasion>): Promise<void> {
  const { value } = await prove()
  assertProofOccasion(parseSvidProof(value), { ...OCCASION, ...changes }, now)
}

/** Judges the SVID of a connection to which the message is bound, under a DID that names no SPIFFE ID. */
async function judgeTls(facts: Partial<ConnectionFacts>): Promise<void> {
  const connection = { isBound: true, svid: undefined, names: [], ...facts }
  const bundles = createBundleSet([])
  const spiffe = {
    bundles,
    learner: { learn: async () => ({ trustDomain: parseTrustDomain('acme.example') }) },
  }
  const items = [{ query: undefined, format: 'tls-svid', value: 'spiffe://acme.example/ledger' }]
  const budget = handshakeBudget()
  await verifySvids(items, { spiffe, occasion: OCCASION, shown: [], now, budget, connection, unasked: false })
}

/** What provokes each error of SVIDs as evidence. */
export const spiffeEvidence = {
  COMITY_SVID_PROOF_INVALID: () => parseSvidProof('a.b.c'),
  COMITY_SVID_PROOF_RUN: () => judgeAt({ hash: new Uint8Array(32).fill(1) }),
  COMITY_SVID_PROOF_PRESENTER: () => judgeAt({ presenter: 'did:web:mallory.example' }),
  COMITY_SVID_PROOF_ROLE: () => judgeAt({ role: 'responder' }),
  COMITY_SVID_PROOF_ID: async () => {
    const { value, authority } = await prove({ id: parseSpiffeId('spiffe://acme.example/payroll') })
    const bundles = createBundleSet([authority.bundle()])
    await verifySvidProof(parseSvidProof(value), { bundles, now })
  },
  COMITY_SVID_NOT_ENTITLED: async () => {
    const { value, authority } = await prove()
    const learner = { learn: async () => ({ trustDomain: parseTrustDomain('mallory.example') }) }
    const spiffe = { bundles: createBundleSet([authority.bundle()]), learner }
    const items = [{ query: undefined, format: 'x509-svid', value }]
    const budget = handshakeBudget()
    const connection = { isBound: false, svid: undefined, names: [] }
    await verifySvids(items, {
      spiffe,
      occasion: OCCASION,
      shown: [],
      now,
      budget,
      connection,
      unasked: false,
    })
  },
  COMITY_SVID_NOT_OF_CONNECTION: () => judgeTls({}),
  COMITY_SVID_NOT_NAMED: async () => {
    const authority = await createSpiffeAuthority('acme.example')
    const { chain } = await authority.issueX509Svid('/ledger')
    const bundles = createBundleSet([authority.bundle()])
    await judgeTls({
      svid: await verifyX509Svid(
        chain.map(({ der }) => der),
        { bundles, now },
      ),
    })
  },
  COMITY_SPIFFE_DEMAND_UNMET: () => {
    const demand = parseDemand({ spiffe: { trustDomains: ['acme.example'] } })
    assertDemandMet(demand, { did: OCCASION.presenter, credentials: [] }, now)
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
