/**
 * Makes the proofs of fixtures/zk/proofs.json with the circuit that is built, and the verification of snarkjs:
 *
 * node --conditions=comity-source --import tsx test/zk/support/make-proofs.ts
 *
 * To be run when circuits/build has changed. Nothing in the fixture is a secret but the auditor's key, which is the
 * fixture's own.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseDemand, type Demand, type Predicate, type ZkQuery } from '../../../src/demand/index.ts'
import { didKeyFromJwk } from '../../../src/did/index.ts'
import { encodeBase64url } from '../../../src/encoding/index.ts'
import { generateSigner, jwkThumbprint, withKid } from '../../../src/keys/index.ts'
import {
  challengeOf,
  compilePredicates,
  createHolderSecret,
  createZkSigner,
  domainOf,
  encodeComplianceProof,
  encodeFieldElement,
  escrowDigest,
  FIELD_ORDER,
  generateAuditorKey,
  generateZkPrivateKey,
  holderCommitment,
  issueComplianceCredential,
  multiplyBase,
  multiplyPoint,
  parseBabyJubJubJwk,
  poseidon,
  pseudonymOf,
  randomScalar,
  statementOf,
  statusTree,
  verifyComplianceCredential,
  type EscrowCiphertext,
} from '../../../src/zk/index.ts'
import { issueAnchorList } from '../../../src/zk/anchors.ts'
import { groth16, stopSnarkjs } from './snarkjs.ts'
import { groth16Proof } from './snarkjs-form.ts'

const BUILD = 'circuits/build'
const EPOCH = 1_800_000_000
const TYPE = 'AgentPostureCredential'
const STATUS = { uri: 'https://issuer.example/status/1', idx: 4711 }
const MAX_SLOTS = 32

/** A did:key with a signer of it. */
async function party() {
  const signer = await generateSigner({ alg: 'EdDSA' })
  const did = didKeyFromJwk(signer.publicJwk)
  return { did, signer: withKid(signer, `${did}#${did.slice('did:key:'.length)}`) }
}

const verifier = await party()
const issuer = await party()
const auditorParty = await party()
const auditorKey = generateAuditorKey()
const auditor = parseBabyJubJubJwk(auditorKey.jwk)
const auditorKid = `${auditorParty.did}#auditor`
const zkSigner = createZkSigner({ kid: `${issuer.did}#zk`, privateKey: generateZkPrivateKey() })
const others = createZkSigner({ kid: `${auditorParty.did}#zk`, privateKey: generateZkPrivateKey() })
const statuses = statusTree({ length: 8192, get: (index) => index % 5 === 3 })
const leafOf = (kid: string, key: typeof zkSigner.publicKey) => ({
  issuer: kid.slice(0, kid.indexOf('#')),
  kid,
  key,
  statusLists: [STATUS.uri],
  statusRoot: statuses.root,
})
const anchors = await issueAnchorList({
  signer: verifier.signer,
  issuer: verifier.did,
  type: TYPE,
  epoch: EPOCH,
  epochSeconds: 600,
  leaves: [leafOf(others.kid, others.publicKey), leafOf(zkSigner.kid, zkSigner.publicKey)],
})

const PREDICATES: readonly Predicate[] = [
  { path: ['credentialSubject', 'region'], op: 'in', values: ['CH', 'EU'] },
  { path: ['credentialSubject', 'openVulnerabilities'], op: 'range', max: 0 },
  { path: ['credentialSubject', 'assessedAt'], op: 'range', min: { epoch: -86_400 } },
  { path: ['credentialSubject', 'capabilities'], op: 'eq', value: 'payments' },
  { path: ['credentialSubject', 'capabilities'], op: 'none', value: 'trading' },
]

function demandOf(meta: Partial<ZkQuery['meta']>): { demand: Demand; query: ZkQuery } {
  const demand = parseDemand({
    credentials: [
      {
        id: 'posture',
        format: 'comity-zk',
        meta: { type_values: [[TYPE]], anchors: anchors.digest, epoch: EPOCH, ...meta },
        predicates: PREDICATES,
      },
    ],
  })
  return { demand, query: demand.credentials?.[0] as ZkQuery }
}

/** A secret, and a credential for it. */
async function holder() {
  const secret = createHolderSecret()
  const commitment = holderCommitment(secret)
  const text = await issueComplianceCredential({
    signer: zkSigner,
    issuer: issuer.did,
    type: TYPE,
    claims: {
      id: 'did:web:agent.example',
      region: 'CH',
      openVulnerabilities: 0,
      assessedAt: new Date((EPOCH - 3600) * 1000).toISOString(),
      capabilities: ['reporting', 'payments'],
    },
    validFrom: EPOCH - 100_000,
    validUntil: EPOCH + 100_000,
    status: STATUS,
    commitment,
  })
  const publicKey = zkSigner.publicKey
  return {
    secret,
    credential: await verifyComplianceCredential(text, { publicKey, commitment, now: EPOCH }),
  }
}

type Holder = Awaited<ReturnType<typeof holder>>

function escrowFor(digest: bigint): { nonce: bigint; escrow: EscrowCiphertext } {
  const nonce = randomScalar()
  const shared = multiplyPoint(auditor, nonce)
  const sealed = (digest + poseidon([shared.x, shared.y])) % FIELD_ORDER
  return { nonce, escrow: { c1: multiplyBase(nonce), sealed } }
}

async function prove(id: string, { secret, credential }: Holder, meta: Partial<ZkQuery['meta']>) {
  const { demand, query } = demandOf(meta)
  const session = await party()
  const key = jwkThumbprint(session.signer.publicJwk)
  const policy = compilePredicates(query)
  const domain = domainOf(query, verifier.did)
  const pseudonym = pseudonymOf(secret, domain)
  const challenge = challengeOf({ key, audience: verifier.did, demand, query: query.id, epoch: EPOCH })
  const sealed = meta.auditor === undefined ? undefined : escrowFor(credential.digest)
  const slots = Array.from({ length: MAX_SLOTS }, (_, at) => credential.slots[at] ?? { key: 0n, field: 0n })
  const holds = policy.predicates.map(({ key, op, lo, hi }) =>
    slots.findIndex((slot) => {
      if (slot.key !== key) return false
      return op === 1n ? slot.field === lo : slot.field >= lo && slot.field <= hi
    }),
  )
  const chosen = policy.predicates.map(({ op }, at) =>
    op === 1n || op === 2n ? (holds[at] ?? -1) : undefined,
  )
  const input = {
    anchors: anchors.root,
    now: EPOCH,
    challenge,
    domain,
    escrowEnabled: sealed === undefined ? 0 : 1,
    auditor: sealed === undefined ? [0, 1] : [auditor.x, auditor.y],
    escrowNonce: sealed?.nonce ?? 0,
    keys: slots.map((slot) => slot.key),
    values: slots.map((slot) => slot.field),
    type: policy.typeField,
    iat: credential.iat,
    exp: credential.exp,
    statusIndex: STATUS.idx,
    secret,
    issuerKey: [credential.issuerKey.x, credential.issuerKey.y],
    signatureR8: [credential.signature.r8.x, credential.signature.r8.y],
    signatureS: credential.signature.s,
    issuerIndex: 1,
    issuerSiblings: anchors.path(1),
    statusLeaf: statuses.leaf(STATUS.idx),
    statusSiblings: statuses.path(STATUS.idx),
    predicateKey: policy.predicates.map((predicate) => predicate.key),
    predicateOp: policy.predicates.map((predicate) => predicate.op),
    predicateLo: policy.predicates.map((predicate) => predicate.lo),
    predicateHi: policy.predicates.map((predicate) => predicate.hi),
    predicateJoined: policy.predicates.map((predicate) => predicate.joined),
    claimed: chosen.map((at) => (at === -1 ? 0 : 1)),
    selected: chosen.map((at) => slots.map((_, slot) => (slot === at ? 1 : 0))),
  }
  const { proof, publicSignals } = await groth16.fullProve(
    input,
    `${BUILD}/compliance.wasm`,
    `${BUILD}/compliance.zkey`,
  )
  const escrow = sealed === undefined ? 0n : escrowDigest(auditor, sealed.escrow.c1, sealed.escrow.sealed)
  const statement = statementOf({
    policy: policy.digest,
    anchors: anchors.root,
    epoch: EPOCH,
    challenge,
    domain,
    pseudonym,
    escrow,
  })
  if (publicSignals[0] !== String(statement)) throw new Error(`${id}: the circuit states something else`)
  const text = encodeComplianceProof({
    ...groth16Proof(proof),
    ...(domain === 0n ? {} : { pseudonym }),
    ...(sealed === undefined ? {} : { escrow: sealed.escrow }),
  })
  return {
    id,
    key,
    demand,
    proof: text,
    statement: encodeFieldElement(statement),
    credentialDigest: encodeFieldElement(credential.digest),
  }
}

const [one, two] = [await holder(), await holder()]
const domain = verifier.did
const cases = [
  await prove('plain', one, {}),
  await prove('pseudonym', one, { domain }),
  await prove('auditor', two, { auditor: auditorKid }),
  await prove('pseudonym and auditor', two, { domain, auditor: auditorKid }),
]
const manifest = JSON.parse(readFileSync(`${BUILD}/manifest.json`, 'utf8')) as { r1cs: { sha256: string } }
const fixture = {
  circuit: manifest.r1cs.sha256,
  audience: verifier.did,
  now: EPOCH + 1,
  anchors: anchors.jws,
  auditor: {
    kid: auditorKid,
    jwk: auditorKey.jwk,
    privateKey: encodeBase64url(auditorKey.privateKey),
  },
  cases,
}
writeFileSync('fixtures/zk/proofs.json', `${JSON.stringify(fixture, null, 2)}\n`)
await stopSnarkjs()
