import type { Case } from './case.ts'
import { chooseFeatures } from './choose.ts'
import { createChance } from './random.ts'
import { BAD_X509_FEATURES, GOOD_X509_FEATURES, type X509Feature } from './x509-features.ts'
import { chainOf, createX509Keys, goodX509, NOW } from './x509-recipe.ts'

/** Makes cases with chains of certificates. */
export function x509Cases(seed: number, count: number): readonly Case[] {
  const chance = createChance(seed)
  const keys = createX509Keys(chance)
  const catalogue = { good: Object.keys(GOOD_X509_FEATURES), bad: Object.keys(BAD_X509_FEATURES) }
  const named: Readonly<Record<string, X509Feature>> = { ...GOOD_X509_FEATURES, ...BAD_X509_FEATURES }
  return Array.from({ length: count }, (_, index): Case => {
    const features = chooseFeatures(chance, index, catalogue)
    const recipe = goodX509(chance, keys)
    const depth = recipe.authorities.length
    for (const name of features) named[name]?.(recipe)
    const { chain, bundles } = chainOf(recipe)
    return {
      id: `x509-${index}`,
      kind: 'x509',
      features: [`depth ${depth}`, ...features],
      chain: chain.map((der) => Buffer.from(der).toString('base64')),
      bundles,
      now: NOW,
    }
  })
}
