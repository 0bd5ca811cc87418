import { invert, mod } from './freedom.ts'
import type { R1cs } from './r1cs.ts'

/** A term: so many times the wire. Wire 0 is 1. */
export type Term = readonly [wire: number, coefficient: bigint]

/** a * b = c, where each of the factors a and b has one wire (and wire 0) at most. */
export interface Row {
  readonly a: readonly Term[]
  readonly b: readonly Term[]
  readonly c: readonly Term[]
  /** All wires, each once; the one that is defined comes first. */
  readonly wires: readonly number[]
  /** Whether it only gives a name to a linear combination. */
  readonly isDefinition: boolean
}

/**
 * The constraints with factors of one wire each: a factor that combines several gets a wire of its own, the same one
 * wherever the combination is used but for scale and constant. So a bit that the compiler has expressed by others,
 * form * (form - 1) = 0, is a wire with two values again.
 */
export function normalize(source: R1cs): Row[] {
  const { prime } = source
  const rows: Row[] = []
  const names = new Map<string, number>()
  let wires = source.wires

  const shorten = (terms: readonly Term[]): readonly Term[] => {
    const variable = terms.filter(([wire]) => wire !== 0)
    const [first] = variable
    if (first === undefined || variable.length === 1) return terms
    const scale = first[1]
    const inverse = invert(scale, prime)
    const form = variable.map(([wire, coefficient]): Term => [wire, mod(coefficient * inverse, prime)])
    const key = form.map(([wire, coefficient]) => `${wire}:${coefficient}`).join()
    let name = names.get(key)
    if (name === undefined) {
      names.set(key, (name = wires++))
      rows.push(rowOf([], [], [[name, prime - 1n], ...form], true))
    }
    return [[name, scale], ...terms.filter(([wire]) => wire === 0)]
  }
  for (let constraint = 0; constraint < source.constraints; constraint++) {
    const [a, b, c] = source.sides.map(({ start, wire, coefficient }) => {
      const terms: Term[] = []
      for (let at = start[constraint]!; at < start[constraint + 1]!; at++) terms.push([wire[at]!, coefficient[at]!])
      return terms.sort(([one], [other]) => one - other)
    })
    rows.push(rowOf(shorten(a!), shorten(b!), c!, false))
  }
  return rows
}

function rowOf(a: readonly Term[], b: readonly Term[], c: readonly Term[], isDefinition: boolean): Row {
  const wires = [...new Set([...c, ...a, ...b].map(([wire]) => wire))]
  return { a, b, c, wires, isDefinition }
}
