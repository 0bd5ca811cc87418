import type { Inputs } from './calculator.ts'
import { BASE8, multiply, poseidon, publicKey, sign, sponge, tree, type Point } from './reference.ts'

/** One predicate as it stands in the circuit. */
export interface Row {
  readonly key: bigint
  /** 0 true, 1 eq, 2 range, 3 none. */
  readonly op: bigint
  readonly lo: bigint
  readonly hi: bigint
  /** 1 where it is in the clause of the one before it. */
  readonly joined: bigint
}

/** What there is: a credential, its issuer, its status list, a verifier's policy. All of it honest. */
export interface Scenario {
  readonly slots: readonly (readonly [key: bigint, value: bigint])[]
  readonly rows: readonly Row[]
  readonly type: bigint
  readonly iat: bigint
  readonly exp: bigint
  readonly now: bigint
  readonly secret: bigint
  readonly domain: bigint
  readonly challenge: bigint
  readonly statusIndex: number
  /** The indices whose status is not valid. */
  readonly revoked: readonly number[]
  /** Seeds of the issuers' keys; the first one has issued the credential. */
  readonly issuerSeed: number
  readonly issuerIndex: number
  readonly escrow?: { readonly auditor: Point; readonly nonce: bigint }
}

export const SLOTS = 32
export const PREDICATES = 16
export const ISSUER_DEPTH = 8
export const STATUS_DEPTH = 17
export const U64 = 2n ** 64n - 1n

const NOW = 1_764_000_000n

/** A range with 64-bit bounds. */
export const range = (key: bigint, lo: bigint, hi: bigint, joined = 0n): Row => ({
  key,
  op: 2n,
  lo,
  hi,
  joined,
})
/** The value, exactly. */
export const eq = (key: bigint, lo: bigint, joined = 0n): Row => ({ key, op: 1n, lo, hi: 0n, joined })
/** Not this value. */
export const none = (key: bigint, lo: bigint, joined = 0n): Row => ({ key, op: 3n, lo, hi: 0n, joined })
/** A predicate that asks for nothing. */
export const UNUSED: Row = { key: 0n, op: 0n, lo: 0n, hi: 0n, joined: 0n }

/** Keys of claims of {@link POSTURE}. */
export const KEY = { vulnerabilities: 1001n, region: 1002n, assessed: 1003n, capability: 1004n, absent: 9999n }
const EU = 2n ** 247n + 12345n

/** "Assessed within a day, no open critical vulnerability, in the EU or the UK, may do 11." */
export const POSTURE: Scenario = {
  slots: [
    [KEY.vulnerabilities, 0n],
    [KEY.region, EU],
    [KEY.assessed, NOW - 3600n],
    [KEY.capability, 10n],
    [KEY.capability, 11n],
  ],
  rows: [
    range(KEY.vulnerabilities, 0n, 0n),
    eq(KEY.region, EU),
    eq(KEY.region, EU + 1n, 1n),
    range(KEY.assessed, NOW - 86_400n, U64),
    eq(KEY.capability, 11n),
    none(KEY.capability, 66n),
  ],
  type: 55n,
  iat: NOW - 86_400n,
  exp: NOW + 86_400n,
  now: NOW,
  secret: 2n ** 249n + 987654321n,
  domain: 9n,
  challenge: 42n,
  statusIndex: 1_234_567,
  revoked: [1_234_566, 1_234_568, 5],
  issuerSeed: 7,
  issuerIndex: 3,
  escrow: { auditor: multiply(BASE8, 99n), nonce: 2n ** 248n + 77n },
}

/** {@link POSTURE} with neither auditor nor pseudonym. */
const { escrow: _, ...open } = POSTURE
export const PLAIN: Scenario = { ...open, domain: 0n }

/** Inputs by name, to change some before they are proven. */
export interface CircuitInputs extends Record<string, bigint | bigint[] | bigint[][]> {
  keys: bigint[]
  values: bigint[]
  claimed: bigint[]
  selected: bigint[][]
  predicateKey: bigint[]
  predicateOp: bigint[]
  predicateLo: bigint[]
  predicateHi: bigint[]
  predicateJoined: bigint[]
  issuerSiblings: bigint[]
  statusSiblings: bigint[]
  signatureR8: bigint[]
  issuerKey: bigint[]
  auditor: bigint[]
}

const pad = <Item>(items: readonly Item[], length: number, filler: Item): Item[] =>
  Array.from({ length }, (_, index) => items[index] ?? filler)
const seed = (issuer: number): Uint8Array => new Uint8Array(32).fill(issuer)

/** The public key of an issuer of a scenario. */
export const issuerKeyOf = (issuer: number): Point => publicKey(seed(issuer))

/** Which slot an honest prover selects for a row, or undefined where the row does not hold. */
export function satisfy(row: Row, slots: Scenario['slots']): { slot?: number } | undefined {
  if (row.op === 0n) return {}
  if (row.op === 3n) return slots.some(([key, value]) => key === row.key && value === row.lo) ? undefined : {}
  const fits = (value: bigint): boolean =>
    row.op === 1n ? value === row.lo : value >= row.lo && value <= row.hi
  const slot = slots.findIndex(([key, value]) => key === row.key && fits(value))
  return slot === -1 ? undefined : { slot }
}

/** What an honest prover claims: all that holds. */
export function claim(scenario: Scenario): { claimed: bigint[]; selected: bigint[][] } {
  const rows = pad(scenario.rows, PREDICATES, UNUSED)
  const answers = rows.map((row) => satisfy(row, scenario.slots))
  return {
    claimed: answers.map((answer) => (answer === undefined ? 0n : 1n)),
    selected: answers.map((answer) =>
      Array.from({ length: SLOTS }, (_, slot) => (answer?.slot === slot ? 1n : 0n)),
    ),
  }
}

/** The digest of a scenario's credential. */
export function credentialDigest({ slots, type, iat, exp, statusIndex, secret }: Scenario): bigint {
  const commitment = poseidon(...multiply(BASE8, secret))
  const flat = pad(slots, SLOTS, [0n, 0n]).flat()
  return sponge([...flat, type, iat, exp, BigInt(statusIndex), commitment])
}

/** The leaves of a status list. */
function statusLeaves(revoked: readonly number[]): Map<number, bigint> {
  const leaves = new Map<number, bigint>()
  for (const index of revoked) {
    const leaf = Math.floor(index / 128)
    leaves.set(leaf, (leaves.get(leaf) ?? 0n) | (1n << BigInt(index % 128)))
  }
  return leaves
}

/** The inputs of an honest prover. */
export function inputsOf(scenario: Scenario): CircuitInputs {
  const rows = pad(scenario.rows, PREDICATES, UNUSED)
  const slots = pad(scenario.slots, SLOTS, [0n, 0n])
  const statusLeaf = Math.floor(scenario.statusIndex / 128)
  const leaves = statusLeaves(scenario.revoked)
  const status = tree(STATUS_DEPTH, leaves, statusLeaf)
  const issuerKey = issuerKeyOf(scenario.issuerSeed)
  const other = poseidon(...issuerKeyOf(scenario.issuerSeed + 1), 0n)
  const issuers = new Map([
    [scenario.issuerIndex === 0 ? 1 : 0, other],
    [scenario.issuerIndex, poseidon(...issuerKey, status.root)],
  ])
  const anchors = tree(ISSUER_DEPTH, issuers, scenario.issuerIndex)
  const { r8, s } = sign(seed(scenario.issuerSeed), credentialDigest(scenario))
  return {
    anchors: anchors.root,
    now: scenario.now,
    challenge: scenario.challenge,
    domain: scenario.domain,
    escrowEnabled: scenario.escrow === undefined ? 0n : 1n,
    auditor: [...(scenario.escrow?.auditor ?? [0n, 1n])],
    escrowNonce: scenario.escrow?.nonce ?? 0n,
    keys: slots.map(([key]) => key),
    values: slots.map(([, value]) => value),
    type: scenario.type,
    iat: scenario.iat,
    exp: scenario.exp,
    statusIndex: BigInt(scenario.statusIndex),
    secret: scenario.secret,
    issuerKey: [...issuerKey],
    signatureR8: [...r8],
    signatureS: s,
    issuerIndex: BigInt(scenario.issuerIndex),
    issuerSiblings: anchors.siblings,
    statusLeaf: leaves.get(statusLeaf) ?? 0n,
    statusSiblings: status.siblings,
    predicateKey: rows.map((row) => row.key),
    predicateOp: rows.map((row) => row.op),
    predicateLo: rows.map((row) => row.lo),
    predicateHi: rows.map((row) => row.hi),
    predicateJoined: rows.map((row) => row.joined),
    ...claim(scenario),
  } satisfies Inputs
}

/** The statement that a verifier of a scenario computes. */
export function statementOf(scenario: Scenario): bigint {
  const rows = pad(scenario.rows, PREDICATES, UNUSED)
  const policy = sponge([
    ...rows.flatMap(({ key, op, lo, hi, joined }) => [key, op, lo, hi, joined]),
    scenario.type,
  ])
  const { anchors } = inputsOf(scenario)
  const { now, challenge, domain, secret } = scenario
  const pseudonym = domain === 0n ? 0n : poseidon(secret, domain)
  return poseidon(policy, anchors as bigint, now, challenge, domain, pseudonym, escrowDigest(scenario))
}

function escrowDigest(scenario: Scenario): bigint {
  if (scenario.escrow === undefined) return 0n
  const { auditor, nonce } = scenario.escrow
  const sealed = credentialDigest(scenario) + poseidon(...multiply(auditor, nonce))
  return poseidon(...auditor, ...multiply(BASE8, nonce), sealed)
}
