import { readFile } from 'node:fs/promises'

/** One side of all constraints: the terms of constraint j are those from `start[j]` to `start[j + 1]`. */
export interface Side {
  readonly start: Uint32Array
  readonly wire: Uint32Array
  readonly coefficient: readonly bigint[]
}

/** A rank-1 constraint system: for each constraint, a * b = c over the wires. Wire 0 is 1. */
export interface R1cs {
  readonly prime: bigint
  readonly wires: number
  readonly constraints: number
  readonly sides: readonly [a: Side, b: Side, c: Side]
}

/**
 * Reads an r1cs file.
 *
 * @see {@link https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md the format}
 */
export async function readR1cs(path: string): Promise<R1cs> {
  const bytes = await readFile(path)
  const sections = new Map<number, number>()
  for (let at = 12; at < bytes.length; at += 12 + Number(bytes.readBigUInt64LE(at + 4))) {
    sections.set(bytes.readUInt32LE(at), at + 12)
  }
  const header = sections.get(1)!
  const width = bytes.readUInt32LE(header)
  const prime = readInteger(bytes, header + 4, width)
  const wires = bytes.readUInt32LE(header + 4 + width)
  const constraints = bytes.readUInt32LE(header + 4 + width + 24)

  const building = [0, 1, 2].map(() => ({
    start: [0],
    wire: [] as number[],
    coefficient: [] as bigint[],
  }))
  const numbers = new Map<string, bigint>() // few coefficients differ
  let at = sections.get(2)!
  for (let constraint = 0; constraint < constraints; constraint++) {
    for (const side of building) {
      const terms = bytes.readUInt32LE(at)
      at += 4
      for (let term = 0; term < terms; term++) {
        side.wire.push(bytes.readUInt32LE(at))
        const spelling = bytes.toString('latin1', at + 4, at + 4 + width)
        let number = numbers.get(spelling)
        if (number === undefined) numbers.set(spelling, (number = readInteger(bytes, at + 4, width)))
        side.coefficient.push(number)
        at += 4 + width
      }
      side.start.push(side.wire.length)
    }
  }
  const [a, b, c] = building.map(({ start, wire, coefficient }) => ({
    start: Uint32Array.from(start),
    wire: Uint32Array.from(wire),
    coefficient,
  }))
  return { prime, wires, constraints, sides: [a!, b!, c!] }
}

/** The names of the wires; a wire that stands for several signals has the name of the first. */
export async function readNames(path: string): Promise<{ ofWire: Map<number, string>; wireOf: Map<string, number> }> {
  const ofWire = new Map<number, string>()
  const wireOf = new Map<string, number>() // -1: a signal that is a linear combination of others, and no wire
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    const [, wireText, , name] = line.split(',')
    if (name === undefined) continue
    const wire = Number(wireText)
    wireOf.set(name, wire)
    if (wire !== -1 && !ofWire.has(wire)) ofWire.set(wire, name)
  }
  return { ofWire, wireOf }
}

/** For each wire, the constraints that it is in. */
export function constraintsByWire({ wires, constraints, sides }: R1cs): readonly (readonly number[])[] {
  const index: number[][] = Array.from({ length: wires }, () => [])
  for (let constraint = 0; constraint < constraints; constraint++) {
    for (const { start, wire } of sides) {
      for (let term = start[constraint]!; term < start[constraint + 1]!; term++) {
        const list = index[wire[term]!]!
        if (list.at(-1) !== constraint) list.push(constraint)
      }
    }
  }
  return index
}

function readInteger(bytes: Buffer, at: number, width: number): bigint {
  return BigInt(`0x${Buffer.from(bytes.subarray(at, at + width)).reverse().toString('hex')}`)
}

/** The wires of the inputs, of those that have one. */
export function inputWires({ wireOf }: { wireOf: Map<string, number> }, inputs: readonly string[]): number[] {
  const isInput = (name: string): boolean => inputs.some((input) => name.split('[')[0] === `main.${input}`)
  return [...wireOf].filter(([name, wire]) => wire > 0 && isInput(name)).map(([, wire]) => wire)
}

/** The system less the constraints that are chosen by their terms: a fault, to see it found. */
export function withoutConstraints(
  r1cs: R1cs,
  isLeftOut: (terms: readonly (readonly [wire: number, coefficient: bigint])[][]) => boolean,
): R1cs {
  const sides = r1cs.sides.map(() => ({ start: [0], wire: [] as number[], coefficient: [] as bigint[] }))
  let constraints = 0
  for (let constraint = 0; constraint < r1cs.constraints; constraint++) {
    const terms = r1cs.sides.map(({ start, wire, coefficient }) =>
      Array.from({ length: start[constraint + 1]! - start[constraint]! }, (_, term) => {
        const at = start[constraint]! + term
        return [wire[at]!, coefficient[at]!] as const
      }),
    )
    if (isLeftOut(terms)) continue
    constraints++
    for (const [index, side] of sides.entries()) {
      side.wire.push(...terms[index]!.map(([wire]) => wire))
      side.coefficient.push(...terms[index]!.map(([, coefficient]) => coefficient))
      side.start.push(side.wire.length)
    }
  }
  const [a, b, c] = sides.map(({ start, wire, coefficient }) => ({
    start: Uint32Array.from(start),
    wire: Uint32Array.from(wire),
    coefficient,
  }))
  return { ...r1cs, constraints, sides: [a!, b!, c!] }
}
