import { invert, mod } from './freedom.ts'

/** A linear combination: what is known of it, and its unknown wires. */
export interface Sum {
  known: bigint
  readonly unknown: Map<number, bigint>
}

/**
 * What follows from a system of sums that are 0: Gauss and Jordan.
 *
 * @param late Wires that the others are expressed by, where there is a choice.
 * @returns The system in reduced form.
 */
export function eliminate(system: readonly Sum[], late: ReadonlySet<number>, prime: bigint): readonly Sum[] {
  const pivots: { wire: number; row: Sum }[] = []
  for (const { known, unknown } of system) {
    const row: Sum = { known, unknown: new Map(unknown) }
    for (const pivot of pivots) subtract(pivot.row, row, row.unknown.get(pivot.wire), prime)
    const wires = [...row.unknown.keys()]
    const wire = wires.find((each) => !late.has(each)) ?? wires[0]
    if (wire === undefined) continue
    const scale = invert(row.unknown.get(wire)!, prime)
    row.known = mod(row.known * scale, prime)
    for (const [each, coefficient] of row.unknown) row.unknown.set(each, mod(coefficient * scale, prime))
    for (const pivot of pivots) subtract(row, pivot.row, pivot.row.unknown.get(wire), prime)
    pivots.push({ wire, row })
  }
  return pivots.map(({ row }) => row)
}

function subtract(row: Sum, from: Sum, factor: bigint | undefined, prime: bigint): void {
  if (factor === undefined) return
  from.known = mod(from.known - factor * row.known, prime)
  for (const [wire, coefficient] of row.unknown) {
    const left = mod((from.unknown.get(wire) ?? 0n) - factor * coefficient, prime)
    if (left === 0n) from.unknown.delete(wire)
    else from.unknown.set(wire, left)
  }
}
