import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { comity } from '../run-comity.ts'
import { compileTiny, makePtau, type TinyCircuit } from './tiny-circuit.ts'

/** A beacon that nobody had to wait for. */
export const BEACON = '00112233445566778899aabbccddeeff'

type Ran = ReturnType<typeof comity>

/** A ceremony of two contributors, in a folder: `start/start.zkey`, `1.zkey`, `2.zkey`, `tau.ptau`, `raw.ptau`. */
export interface TinyCeremony {
  readonly circuit: TinyCircuit
  /** The path of a file in the folder. */
  readonly at: (name: string) => string
  /** What circuit and powers of tau are called on the command line. */
  readonly setup: readonly string[]
  readonly verify: (zkey: string, ...more: string[]) => Ran
  readonly contribute: (from: string, to: string, name: string, ...more: string[]) => Ran
  readonly finish: (from: string, to: string, ...more: string[]) => Ran
}

/** Runs the commands of a ceremony up to its second contributor. */
export async function startTinyCeremony(folder: string): Promise<TinyCeremony> {
  const at = (name: string): string => join(folder, name)
  const circuit = await compileTiny(at('square'), 2)
  const { prepared, unprepared } = await makePtau(4)
  await writeFile(at('tau.ptau'), prepared)
  await writeFile(at('raw.ptau'), unprepared)
  const setup = ['--r1cs', circuit.r1cs, '--ptau', at('tau.ptau')]
  const verify = (zkey: string, ...more: string[]): Ran =>
    comity('ceremony', 'verify', ...setup, '--zkey', at(zkey), '--json', ...more)
  const contribute = (from: string, to: string, name: string, ...more: string[]): Ran =>
    comity('ceremony', 'contribute', '--in', at(from), '--out', at(to), '--name', name, ...more)
  const finish = (from: string, to: string, ...more: string[]): Ran =>
    comity(
      ...['ceremony', 'finish', ...setup, '--in', at(from), '--circuit', circuit.folder],
      ...['--beacon', BEACON, '--out', at(to), ...more],
    )
  expect(await comity('ceremony', 'start', ...setup, '--out', at('start'))).toMatchObject({ code: 0 })
  expect(await contribute('start/start.zkey', '1.zkey', 'acme.example')).toMatchObject({ code: 0 })
  expect(await contribute('1.zkey', '2.zkey', 'globex.example')).toMatchObject({ code: 0 })
  return { circuit, at, setup, verify, contribute, finish }
}

/** Where the content of a section of a key begins. */
export async function sectionAt(file: string, id: number): Promise<number> {
  const bytes = await readFile(file)
  let position = 12
  while (bytes.readUInt32LE(position) !== id) position += 12 + Number(bytes.readBigUInt64LE(position + 4))
  return position + 12
}
