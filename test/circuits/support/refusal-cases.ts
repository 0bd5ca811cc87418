import { ORDER_EIGHT, SMALL_ORDER } from './points.ts'
import { add, FIELD, ORDER, poseidon, sign, tree } from './reference.ts'
import {
  credentialDigest,
  inputsOf,
  issuerKeyOf,
  ISSUER_DEPTH,
  PLAIN,
  POSTURE,
  type CircuitInputs,
  type Scenario,
} from './scenario.ts'

/** Inputs that break a rule, and the template whose assertion says so. */
export type RefusalCase = readonly [title: string, by: string, inputs: () => CircuitInputs]
type Case = RefusalCase

/** The inputs of {@link PLAIN} with changes to the world, and then to what the prover puts in. */
export const with_ = (changes: Partial<Scenario>, more: Record<string, bigint | bigint[]> = {}): CircuitInputs =>
  ({ ...inputsOf({ ...PLAIN, ...changes }), ...more })
/** The inputs of {@link POSTURE} with changes to what the prover puts in. */
export const escrowed = (more: Record<string, bigint | bigint[]>): CircuitInputs =>
  ({ ...inputsOf(POSTURE), ...more })

/** Anchors of a verifier that has let a key into its tree which it should have refused. */
export function anchoring(key: readonly [bigint, bigint]): CircuitInputs {
  const honest = inputsOf(PLAIN)
  const clean = tree(17, new Map(), 0)
  const { root, siblings } = tree(ISSUER_DEPTH, new Map([[0, poseidon(...key, clean.root)]]), 0)
  return {
    ...honest,
    anchors: root,
    issuerKey: [...key],
    issuerIndex: 0n,
    issuerSiblings: siblings,
    statusLeaf: 0n,
    statusSiblings: tree(17, new Map(), Math.floor(PLAIN.statusIndex / 128)).siblings,
  }
}

const signed = inputsOf(PLAIN)
const [r8x, r8y] = signed.signatureR8 as [bigint, bigint]
const s = signed['signatureS'] as bigint
const foreign = sign(new Uint8Array(32).fill(9), credentialDigest(PLAIN))

const ISSUER: readonly Case[] = [
  [
    'an issuer that is not among the anchors',
    'TrustedIssuer',
    () =>
      with_(
        {},
        {
          issuerKey: [...issuerKeyOf(9)],
          signatureR8: [...foreign.r8],
          signatureS: foreign.s,
        },
      ),
  ],
  [
    'the signature of another issuer, under the name of one that is',
    'IssuerSignature',
    () => with_({}, { signatureR8: [...foreign.r8], signatureS: foreign.s }),
  ],
  ['the place of another issuer', 'TrustedIssuer', () => with_({}, { issuerIndex: 4n })],
  ['an issuer index of 2^8', 'Num2Bits', () => with_({}, { issuerIndex: 256n })],
  ['an issuer index that is 2^8 more', 'Num2Bits', () => with_({}, { issuerIndex: 256n + 3n })],
  [
    'an empty place among the anchors, which holds 0',
    'TrustedIssuer',
    () => with_({}, { issuerIndex: 200n, issuerSiblings: tree(8, new Map([[3, 1n]]), 200).siblings }),
  ],
  ['another claim than the signed one', 'IssuerSignature', () => changeValue(4, 12n)],
  ['one claim more than the signed ones', 'IssuerSignature', () => changeValue(31, 1n)],
  ['another key of a claim than the signed one', 'IssuerSignature', () => changeKey(4, 7n)],
  ['another type than the signed one', 'IssuerSignature', () => with_({}, { type: 56n })],
  ['another iat than the signed one', 'IssuerSignature', () => with_({}, { iat: PLAIN.iat + 1n })],
  ['another exp than the signed one', 'IssuerSignature', () => with_({}, { exp: PLAIN.exp + 1n })],
  ['r8 that is not on the curve', 'BabyCheck', () => with_({}, { signatureR8: [r8x, r8y + 1n] })],
  ['r8 = (0, 0)', 'BabyCheck', () => with_({}, { signatureR8: [0n, 0n] })],
  ['-r8', 'IssuerSignature', () => with_({}, { signatureR8: [FIELD - r8x, r8y] })],
  [
    'r8 with a part of order 8',
    'IssuerSignature',
    () => with_({}, { signatureR8: [...add([r8x, r8y], ORDER_EIGHT)] }),
  ],
  ['s + 1', 'IssuerSignature', () => with_({}, { signatureS: s + 1n })],
  ['s + l, which satisfies the equation as well', 'IssuerSignature', () => with_({}, { signatureS: s + ORDER })],
  ['s = l', 'IssuerSignature', () => with_({}, { signatureS: ORDER })],
  ['s of 254 bits', 'Num2Bits', () => with_({}, { signatureS: s + 2n ** 253n })],
  ['an anchored key that is not on the curve', 'BabyCheck', () => anchoring([1n, 1n])],
  ...Object.entries(SMALL_ORDER).map(([order, point]): Case => [
    `an anchored key of order ${order}`,
    'NonZero',
    () => anchoring(point),
  ]),
]

function changeValue(slot: number, value: bigint): CircuitInputs {
  const { values } = inputsOf(PLAIN)
  return with_({ rows: [] }, { values: values.with(slot, value) })
}

function changeKey(slot: number, key: bigint): CircuitInputs {
  const { keys } = inputsOf(PLAIN)
  return with_({ rows: [] }, { keys: keys.with(slot, key) })
}

const revoked: Partial<Scenario> = { revoked: [PLAIN.statusIndex, PLAIN.statusIndex + 1] }
const before = inputsOf({ ...PLAIN, revoked: [] })

const STATUS: readonly Case[] = [
  ['a revoked credential', 'StatusClear', () => with_(revoked)],
  ['a revoked credential, the first of the list', 'StatusClear', () => with_({ statusIndex: 0, revoked: [0] })],
  [
    'a revoked credential, the last of the largest list',
    'StatusClear',
    () => with_({ statusIndex: 2 ** 24 - 1, revoked: [2 ** 24 - 1] }),
  ],
  [
    'its bit flipped, in a list that is not the anchored one then',
    'TrustedIssuer',
    () => with_(revoked, { statusLeaf: 1n << BigInt((PLAIN.statusIndex + 1) % 128) }),
  ],
  [
    'the list of before it was revoked',
    'TrustedIssuer',
    () =>
      with_(revoked, {
        statusLeaf: before['statusLeaf'] as bigint,
        statusSiblings: before.statusSiblings,
      }),
  ],
  [
    'the list of another anchored issuer',
    'TrustedIssuer',
    () => with_({}, { statusLeaf: 0n, statusSiblings: tree(17, new Map(), 0).siblings }),
  ],
  [
    'the place of another credential in the list',
    'IssuerSignature',
    () => ({ ...with_({ ...revoked, statusIndex: 3 }), ...signature({ ...PLAIN, ...revoked }) }),
  ],
  ['a status index of 2^24', 'Num2Bits', () => with_({ statusIndex: 2 ** 24, revoked: [] })],
  [
    'a leaf of 129 bits',
    'Num2Bits',
    () => with_({}, { statusLeaf: (signed['statusLeaf'] as bigint) + 2n ** 128n }),
  ],
]

function signature(scenario: Scenario): { signatureR8: bigint[]; signatureS: bigint } {
  const { signatureR8, signatureS } = inputsOf(scenario)
  return { signatureR8, signatureS: signatureS as bigint }
}

const HOLDER: readonly Case[] = [
  ['the secret of somebody else', 'IssuerSignature', () => with_({}, { secret: PLAIN.secret + 1n })],
  ['a secret + l, which has the same point', 'Num2Bits', () => with_({ secret: 5n }, { secret: 5n + ORDER })],
  ['a secret of 2^250', 'Num2Bits', () => with_({ secret: 2n ** 250n })],
  ['a negative secret', 'Num2Bits', () => with_({}, { secret: FIELD - PLAIN.secret })],
  ['the secret 0, which everybody knows', 'NonZero', () => with_({ secret: 0n })],
]

const TIME: readonly Case[] = [
  ['a credential that expired a second ago', 'Valid', () => with_({ exp: PLAIN.now - 1n })],
  ['a credential that is valid in a second', 'Valid', () => with_({ iat: PLAIN.now + 1n })],
  ['a negative exp', 'Valid', () => with_({ exp: FIELD - 1n })],
  ['an exp 2^40 seconds ahead', 'Valid', () => with_({ exp: PLAIN.now + 2n ** 40n })],
  ['an iat 2^40 seconds ago', 'Valid', () => with_({ now: 2n ** 40n, iat: 0n, exp: 2n ** 40n, rows: [] })],
]

const nonce = POSTURE.escrow!.nonce
const ESCROW: readonly Case[] = [
  ['escrow of 2', 'Escrow', () => escrowed({ escrowEnabled: 2n })],
  ['no escrow, and an auditor', 'Escrow', () => escrowed({ escrowEnabled: 0n, escrowNonce: 0n })],
  ['no escrow, and a nonce', 'Escrow', () => escrowed({ escrowEnabled: 0n, auditor: [0n, 1n] })],
  ['no escrow, and the auditor (0, -1)', 'Escrow', () => with_({}, { auditor: [0n, FIELD - 1n] })],
  ['an auditor and the nonce 0', 'Escrow', () => escrowed({ escrowNonce: 0n })],
  ['a nonce of 2^250', 'Num2Bits', () => escrowed({ escrowNonce: 2n ** 250n })],
  ['a nonce + l, which has the same point', 'Num2Bits', () => escrowed({ escrowNonce: 77n + ORDER })],
  ['an auditor that is not on the curve', 'BabyCheck', () => escrowed({ auditor: [1n, 1n] })],
  ...Object.entries(SMALL_ORDER).map(([order, point]): Case => [
    `an auditor of order ${order}`,
    'NonZero',
    () => escrowed({ auditor: [...point], escrowNonce: nonce }),
  ]),
]

/** What the circuit refuses, by part. */
export const REFUSALS: readonly (readonly [part: string, cases: readonly RefusalCase[]])[] = [
  ['issuer and signature', ISSUER],
  ['status', STATUS],
  ['holder', HOLDER],
  ['time', TIME],
  ['escrow', ESCROW],
]
