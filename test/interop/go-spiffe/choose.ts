import type { Chance } from './random.ts'

/** What there is to choose from, by name. */
export interface Catalogue {
  readonly good: readonly string[]
  readonly bad: readonly string[]
}

/**
 * Chooses what a case has: each feature alone first, then by chance none to three that should not matter, and none to
 * two that should.
 */
export function chooseFeatures(chance: Chance, index: number, { good, bad }: Catalogue): readonly string[] {
  const alone = [...good, ...bad][index]
  if (alone !== undefined) return [alone]
  const harmless = chance.shuffle(good).slice(0, chance.below(4))
  const roll = chance.below(100)
  const faults = roll < 55 ? 0 : roll < 85 ? 1 : 2
  return [...harmless, ...chance.shuffle(bad).slice(0, faults)]
}
