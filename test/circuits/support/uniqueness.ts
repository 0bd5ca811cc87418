import { invert, mod } from './freedom.ts'
import type { R1cs } from './r1cs.ts'
import { readBits } from './bit-sums.ts'
import { eliminate, type Sum } from './linear-systems.ts'
import { squareRoot } from './square-root.ts'
import { normalize, type Row } from './normal-form.ts'

/** What is left when nothing more follows. */
export interface Uniqueness {
  /** The wires for which no second value was ruled out; none where the witness is the only one. */
  readonly undetermined: readonly number[]
  /** How many times a sum of bits had a second reading (the number plus the prime) that was refuted further on. */
  readonly refuted: number
}

/**
 * Whether the inputs of a witness leave it any choice: every hint may be anything, and all of them jointly.
 *
 * Only the values of `given` (the inputs) and what follows from them are used. A wire follows from
 *
 * 1. a constraint in which it is the only unknown, and linear with a coefficient that is not 0;
 * 2. two constraints in which it is the only unknown, each with two solutions, one in common;
 * 3. a sum of powers of two with unknowns that have two values each (as rule 2 knows of bits), if the sum can be made
 *    in one way: of each other way (the number plus the prime) it is shown by these rules that it is contradictory;
 * 4. linear constraints that are solved together, where one alone has several unknowns: the compiler leaves those where
 *    it has taken the outputs of a hash's rounds for wires.
 *
 * @returns What is not determined: a second witness with the same inputs would have to differ there.
 * @throws {Error} The witness breaks a constraint, or another one follows from its inputs.
 */
export function determine(source: R1cs, witness: readonly bigint[], given: readonly number[]): Uniqueness {
  const system = new System(source)
  const refuted = system.start(new Map([[0, 1n], ...given.map((wire) => [wire, witness[wire]!] as const)]))
  if (refuted === undefined) throw new Error('the witness breaks a constraint')
  const wires = Array.from({ length: source.wires }, (_, wire) => wire)
  const undetermined = wires.filter((wire) => system.valueOf(wire) === undefined)
  if (wires.some((wire) => (system.valueOf(wire) ?? witness[wire]) !== witness[wire])) {
    throw new Error('another witness than the one given')
  }
  return { undetermined, refuted }
}

/** What is known: values, and of some wires that they have one of two values. */
interface State {
  readonly value: Map<number, bigint>
  readonly pair: Map<number, readonly [bigint, bigint]>
  /** How many unknown wires each row has. */
  readonly unknowns: Map<number, number>
}

class System {
  private readonly prime: bigint
  private readonly rows: Row[]
  private readonly byWire: number[][] = []
  /** Rows that rule 4 has taken in, each once. */
  private readonly solved = new Set<number>()
  private state: State = { value: new Map(), pair: new Map(), unknowns: new Map() }

  constructor(source: R1cs) {
    this.prime = source.prime
    this.rows = normalize(source)
    for (const at of this.rows.keys()) this.index(at)
  }

  valueOf(wire: number): bigint | undefined {
    return this.state.value.get(wire)
  }

  /** Draws all conclusions. @returns How many second readings were refuted; undefined where there is a contradiction. */
  start(given: ReadonlyMap<number, bigint>): number | undefined {
    const unknowns = new Map(this.rows.map((row, at) => [at, row.wires.length] as const))
    this.state = { value: new Map(), pair: new Map(), unknowns }
    return this.propagate(this.state, [...given], true)
  }

  /** @param isTop Whether suppositions may be made: not inside of one. */
  private propagate(state: State, agenda: [wire: number, value: bigint][], isTop: boolean): number | undefined {
    let refuted = 0
    let ready = isTop ? [...this.rows.keys()].filter((at) => state.unknowns.get(at)! < 2) : []
    let sums = new Set<number>()
    for (;;) {
      for (;;) {
        const next = agenda.pop()
        if (next !== undefined) {
          const [wire, value] = next
          const before = state.value.get(wire)
          if (before !== undefined && before !== value) return undefined
          if (before !== undefined) continue
          state.value.set(wire, value)
          for (const at of this.byWire[wire] ?? []) {
            const left = state.unknowns.get(at)! - 1
            state.unknowns.set(at, left)
            if (left < 2) ready.push(at)
            else if (this.isLinear(state, at)) sums.add(at)
          }
          continue
        }
        const at = ready.pop()
        if (at === undefined) break
        const outcome = this.solve(state, at)
        if (outcome === 'contradiction') return undefined
        if (typeof outcome === 'number') {
          for (const row of this.byWire[outcome] ?? []) {
            if (state.unknowns.get(row)! < 2) ready.push(row)
            else if (this.isLinear(state, row)) sums.add(row)
          }
        } else {
          agenda.push(...outcome)
        }
      }
      const bits = this.settleBits(state, sums, isTop)
      if (bits === undefined) return undefined
      refuted += bits.refuted
      agenda.push(...bits.values)
      if (agenda.length > 0) continue
      const added = isTop ? this.addSolved(state, sums) : []
      if (added.length === 0) return refuted
      for (const at of added) {
        const left = this.rows[at]!.wires.filter((wire) => !state.value.has(wire)).length
        state.unknowns.set(at, left)
        if (left < 2) ready.push(at)
      }
      sums = new Set([...sums].filter((at) => state.unknowns.get(at)! > 1))
      ready = [...new Set(ready)]
    }
  }

  /** Rules 1 and 2: a row with one unknown. Its values, or the wire of which two values are known from now on. */
  private solve(state: State, at: number): [number, bigint][] | number | 'contradiction' {
    const { prime } = this
    const row = this.rows[at]!
    const wire = row.wires.find((each) => !state.value.has(each))
    const [a, b, c] = [row.a, row.b, row.c].map((side) => this.sum(state, side)) as [Sum, Sum, Sum]
    const constant = mod(a.known * b.known - c.known, prime)
    if (wire === undefined) return constant === 0n ? [] : 'contradiction'
    const [ca, cb, cc] = [a, b, c].map(({ unknown }) => unknown.get(wire) ?? 0n) as [bigint, bigint, bigint]
    const square = mod(ca * cb, prime)
    const linear = mod(a.known * cb + b.known * ca - cc, prime)
    if (square === 0n && linear === 0n) return constant === 0n ? [] : 'contradiction'
    if (square === 0n) return [[wire, mod(-constant * invert(linear, prime), prime)]]
    const before = state.pair.get(wire)
    const isRoot = (x: bigint): boolean => mod((square * x + linear) * x + constant, prime) === 0n
    const roots = before?.filter(isRoot) ?? this.roots(square, linear, constant)
    const [first, second] = [...new Set(roots)]
    if (first === undefined) return 'contradiction'
    if (second === undefined) return [[wire, first]]
    if (before !== undefined) return []
    state.pair.set(wire, [first, second])
    return wire
  }

  private roots(square: bigint, linear: bigint, constant: bigint): readonly bigint[] {
    const { prime } = this
    const root = squareRoot(mod(linear * linear - 4n * square * constant, prime), prime)
    if (root === undefined) return []
    const half = invert(2n * square, prime)
    return [mod((root - linear) * half, prime), mod((-root - linear) * half, prime)]
  }

  /** Rule 3, for all sums. */
  private settleBits(
    state: State,
    sums: ReadonlySet<number>,
    isTop: boolean,
  ): { values: [number, bigint][]; refuted: number } | undefined {
    for (const at of sums) {
      if (this.rows[at]!.wires.some((wire) => !state.value.has(wire) && !state.pair.has(wire))) continue
      const sum = this.linear(state, at)
      if (sum === undefined || sum.unknown.size < 2) continue
      const readings = readBits(sum, state.pair, this.prime)
      if (readings === undefined) continue
      if (readings.length === 0) return undefined
      if (readings.length === 1) return { values: readings[0]!, refuted: 0 }
      if (!isTop) continue
      const possible = readings.filter((values) => !this.isRefuted(state, values))
      if (possible.length === 0) return undefined
      if (possible.length === 1) return { values: possible[0]!, refuted: readings.length - 1 }
    }
    return { values: [], refuted: 0 }
  }

  private isRefuted(state: State, values: readonly [number, bigint][]): boolean {
    const supposed: State = {
      value: new Map(state.value),
      pair: new Map(state.pair),
      unknowns: new Map(state.unknowns),
    }
    return this.propagate(supposed, [...values], false) === undefined
  }

  /** Rule 4: what linear constraints say together, as rows of their own. */
  private addSolved(state: State, sums: ReadonlySet<number>): number[] {
    const isSum = (at: number): boolean =>
      !this.solved.has(at) && state.unknowns.get(at)! > 1 && this.isLinear(state, at)
    const seeds = [...sums].filter((at) => isSum(at) && !this.rows[at]!.isDefinition)
    const seen = new Set<number>()
    const added: number[] = []
    for (const seed of seeds) {
      if (seen.has(seed)) continue
      seen.add(seed)
      const system = [seed]
      const unknown = new Set<number>()
      for (const at of system) {
        for (const wire of this.rows[at]!.wires) {
          if (state.value.has(wire) || unknown.has(wire)) continue
          unknown.add(wire)
          for (const next of this.byWire[wire]!) {
            if (seen.has(next) || !isSum(next) || this.rows[next]!.isDefinition) continue
            seen.add(next)
            system.push(next)
          }
        }
      }
      // Definitions of factors over the same wires are rewritten too: their own wire comes first.
      const around = new Set([...unknown].flatMap((wire) => this.byWire[wire]!))
      const definitions = [...around].filter((at) => {
        const { isDefinition, wires } = this.rows[at]!
        return isDefinition && isSum(at) && wires.slice(1).every((wire) => state.value.has(wire) || unknown.has(wire))
      })
      const late = this.producedByProducts(state, unknown)
      for (const at of system) this.solved.add(at)
      const linear = [...system, ...definitions].map((at) => this.linear(state, at)!)
      for (const { known, unknown: terms } of eliminate(linear, late, this.prime)) {
        this.rows.push({ a: [], b: [], c: [[0, known], ...terms], wires: [...terms.keys()], isDefinition: false })
        const at = this.rows.length - 1
        this.solved.add(at)
        this.index(at)
        added.push(at)
      }
    }
    return added
  }

  /** The wires that products of unknown factors will give: what the others are best expressed by. */
  private producedByProducts(state: State, unknown: ReadonlySet<number>): Set<number> {
    const produced = new Set<number>()
    for (const wire of unknown) {
      const isProduced = this.byWire[wire]!.some(
        (at) => !this.isLinear(state, at) && this.rows[at]!.c.some(([each]) => each === wire),
      )
      if (isProduced) produced.add(wire)
    }
    return produced
  }

  private isLinear({ value }: State, at: number): boolean {
    const { a, b } = this.rows[at]!
    return a.every(([wire]) => value.has(wire)) || b.every(([wire]) => value.has(wire))
  }

  /** A row as a sum that is 0; undefined where two unknown factors are multiplied. */
  private linear(state: State, at: number): Sum | undefined {
    const row = this.rows[at]!
    const [a, b, c] = [row.a, row.b, row.c].map((side) => this.sum(state, side)) as [Sum, Sum, Sum]
    if (a.unknown.size > 0 && b.unknown.size > 0) return undefined
    const [factor, other] = a.unknown.size === 0 ? [a.known, b] : [b.known, a]
    const unknown = new Map<number, bigint>()
    for (const [wire, coefficient] of c.unknown) unknown.set(wire, mod(-coefficient, this.prime))
    for (const [wire, coefficient] of other.unknown) {
      unknown.set(wire, mod((unknown.get(wire) ?? 0n) + factor * coefficient, this.prime))
    }
    for (const [wire, coefficient] of unknown) if (coefficient === 0n) unknown.delete(wire)
    return { known: mod(factor * other.known - c.known, this.prime), unknown }
  }

  private sum({ value }: State, side: Row['a']): Sum {
    let known = 0n
    const unknown = new Map<number, bigint>()
    for (const [wire, coefficient] of side) {
      const number = value.get(wire)
      if (number === undefined) unknown.set(wire, coefficient)
      else known += coefficient * number
    }
    return { known: mod(known, this.prime), unknown }
  }

  private index(at: number): void {
    for (const wire of this.rows[at]!.wires) (this.byWire[wire] ??= []).push(at)
  }
}
