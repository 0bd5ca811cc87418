import { mkdtemp, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCeremonyFile } from '../../../src/cli/ceremony/files.ts'
import { assertReaches, parsePtau } from '../../../src/cli/ceremony/ptau.ts'
import { parseR1cs } from '../../../src/cli/ceremony/r1cs.ts'
import { assertContained, CONTRIBUTION_FORMAT } from '../../../src/cli/ceremony/transcript.ts'
import {
  assertContributed,
  assertOpen,
  assertSameCircuit,
  assertVerified,
  snarkjsWork,
} from '../../../src/cli/ceremony/verify-key.ts'
import type { UnverifiedKey } from '../../../src/cli/ceremony/zkey.ts'
import { parseKey } from '../../../src/cli/ceremony/zkey.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'

const HASH = '0'.repeat(128)
const FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n

const key: UnverifiedKey = {
  circuit: HASH,
  contributions: [],
  wires: 2,
  publicSignals: 1,
  domain: 2,
  changing: [],
}
const beacon = { position: 1, name: 'beacon', hash: HASH, beacon: { hex: '00', iterations: 10 } }

/** A file with one section. */
function file(magic: string, section: Uint8Array): Uint8Array {
  const head = Buffer.alloc(24)
  head.write(magic, 'latin1')
  head.writeUInt32LE(1, 4)
  head.writeUInt32LE(1, 8)
  head.writeUInt32LE(1, 12)
  head.writeBigUInt64LE(BigInt(section.length), 16)
  return Buffer.concat([head, section])
}

/** The header of powers of tau. */
function ptauHeader(prime: bigint): Uint8Array {
  const bytes = Buffer.alloc(44)
  bytes.writeUInt32LE(32, 0)
  bytes.set(Buffer.from(prime.toString(16).padStart(64, '0'), 'hex').reverse(), 4)
  bytes.writeUInt32LE(4, 36)
  return bytes
}

/** What provokes each error of setup ceremonies. */
export const ceremony = {
  COMITY_CEREMONY_FILE_TOO_LARGE: async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'comity-')), 'large')
    await writeFile(path, '')
    await truncate(path, 65_537)
    await readCeremonyFile(path, 'contribution')
  },
  COMITY_CEREMONY_FILE_MALFORMED: () => parseKey(new Uint8Array(12)),
  COMITY_CEREMONY_CURVE: () => parseR1cs(file('r1cs', new Uint8Array(64))),
  COMITY_CEREMONY_PTAU_UNPREPARED: () => parsePtau(file('ptau', ptauHeader(FIELD))),
  COMITY_CEREMONY_PTAU_TOO_SMALL: () => {
    assertReaches({ power: 4 }, { wires: 40, publicSignals: 1, constraints: 30, power: 5 })
  },
  COMITY_CEREMONY_PTAU_INVALID: () => {
    assertVerified('ptau', false, '')
  },
  COMITY_CEREMONY_CIRCUIT_MISMATCH: () => {
    assertSameCircuit(key, { ...key, circuit: '1'.repeat(128) })
  },
  COMITY_CEREMONY_TRANSCRIPT_INVALID: () => {
    assertVerified('zkey', false, 'Invalid delta1')
  },
  COMITY_CEREMONY_CONTRIBUTIONS_NONE: () => {
    assertContributed({ ...key, contributions: [beacon] })
  },
  COMITY_CEREMONY_CONTRIBUTION_MISSING: () => {
    const published = {
      format: CONTRIBUTION_FORMAT,
      circuit: HASH,
      position: 1,
      name: 'acme',
      previous: null,
    } as const
    assertContained(key, { ...published, contribution: HASH })
  },
  COMITY_CEREMONY_FINISHED: () => {
    assertOpen({ ...key, contributions: [beacon] })
  },
  COMITY_CEREMONY_KEY_REFUSED: () =>
    snarkjsWork(() => Promise.reject(new Error('Invalid section size reading'))),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
