import type { Case } from './case.ts'
import { BAD_JWT_FEATURES, GOOD_JWT_FEATURES, type JwtFeature } from './jwt-features.ts'
import { goodJwt, tokenOf, type JwtKeys, type JwtRecipe } from './jwt-recipe.ts'
import { createKey } from './keys.ts'
import { createChance, type Chance } from './random.ts'
import { chooseFeatures } from './choose.ts'

/**
 * Makes cases with JWT-SVIDs.
 *
 * @param now - Seconds since the Unix epoch: go-spiffe looks at the clock.
 */
export function jwtCases(seed: number, count: number, now: number): readonly Case[] {
  const chance = createChance(seed)
  const keys = createJwtKeys(chance)
  const catalogue = { good: Object.keys(GOOD_JWT_FEATURES), bad: Object.keys(BAD_JWT_FEATURES) }
  return Array.from({ length: count }, (_, index): Case => {
    const features = chooseFeatures(chance, index, catalogue)
    const fixed = features.some((name) => name === 'salt of another length')
      ? 'PS256'
      : features.some((name) => name === 'a character changed' || name === 'signature in DER')
        ? 'ES256'
        : undefined
    const algorithm = keys.algorithms.find(({ alg }) => alg === fixed)
    const recipe: JwtRecipe = goodJwt(chance, keys, now, algorithm)
    const named: Readonly<Record<string, JwtFeature>> = { ...GOOD_JWT_FEATURES, ...BAD_JWT_FEATURES }
    const alg = String(recipe.header['alg'])
    for (const name of features) named[name]?.(recipe)
    return {
      id: `jwt-${index}`,
      kind: 'jwt',
      features: [alg, ...features],
      token: tokenOf(recipe),
      bundles: recipe.bundles,
      audience: recipe.audience,
    }
  })
}

function createJwtKeys(chance: Chance): JwtKeys {
  const curves = [
    { alg: 'ES256', kind: 'P-256' },
    { alg: 'ES384', kind: 'P-384' },
    { alg: 'ES512', kind: 'P-521' },
  ] as const
  const rsa = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
  return {
    algorithms: [
      ...curves.map(({ alg, kind }) => ({ alg, key: createKey(kind, chance) })),
      ...rsa.map((alg) => ({ alg, key: createKey('RSA', chance) })),
    ],
    stranger: createKey('P-256', chance),
    other: createKey('P-256', chance),
    misused: createKey('P-256', chance),
  }
}
