import type { TestKey } from './keys.ts'
import { base64url } from './keys.ts'
import type { Chance } from './random.ts'

/** How a token is signed. */
export interface JwtAlgorithm {
  readonly alg: string
  readonly key: TestKey
}

/** The keys that all tokens of a run share. */
export interface JwtKeys {
  readonly algorithms: readonly JwtAlgorithm[]
  /** In no bundle. */
  readonly stranger: TestKey
  /** The JWT key of the other trust domain. */
  readonly other: TestKey
  /** In the bundle for X.509-SVIDs, or for WIT-SVIDs. */
  readonly misused: TestKey
}

/** A token before it is written; features change it. */
export interface JwtRecipe {
  readonly chance: Chance
  readonly keys: JwtKeys
  /** When the case is made: what go-spiffe takes for now, but for how long it takes. */
  readonly now: number
  header: Record<string, unknown>
  claims: Record<string, unknown>
  /** Instead of the JSON of the above. */
  headerText?: string | Uint8Array
  payloadText?: string | Uint8Array
  signWith: TestKey
  saltLength?: number
  isDerSignature?: boolean
  /** Whose keys count. */
  bundles: Record<string, string>
  audience: string[]
  /** What happens to the token at last. */
  finish: ((token: string) => string)[]
}

export const TRUST_DOMAIN = 'org-a.test'
export const OTHER_DOMAIN = 'org-b.test'

/** A recipe that is good. */
export function goodJwt(chance: Chance, keys: JwtKeys, now: number, algorithm?: JwtAlgorithm): JwtRecipe {
  const { alg, key } = algorithm ?? chance.pick(keys.algorithms)
  return {
    chance,
    keys,
    now,
    header: { alg, kid: kidOf(alg), typ: 'JWT' },
    claims: {
      sub: `spiffe://${TRUST_DOMAIN}/agents/a${chance.below(9)}`,
      aud: ['spiffe://org-b.test/gateway'],
      exp: now + 3600,
      iat: now - 60,
    },
    signWith: key,
    bundles: bundlesOf(keys),
    audience: ['spiffe://org-b.test/gateway'],
    finish: [],
  }
}

export function kidOf(alg: string): string {
  return `key-${alg.toLowerCase()}`
}

export function bundlesOf({ algorithms, other, misused }: JwtKeys): Record<string, string> {
  const own = algorithms.map(({ alg, key }) => ({ ...key.jwk, kid: kidOf(alg), use: 'jwt-svid' }))
  const misusedKey = { ...misused.jwk, kid: 'misused', use: 'wit-svid' }
  return {
    [TRUST_DOMAIN]: JSON.stringify({ keys: [...own, misusedKey], spiffe_sequence: 1 }),
    [OTHER_DOMAIN]: JSON.stringify({ keys: [{ ...other.jwk, kid: 'other', use: 'jwt-svid' }] }),
  }
}

/** Writes the token. */
export function tokenOf(recipe: JwtRecipe): string {
  const { header, claims, headerText, payloadText, signWith, saltLength, isDerSignature } = recipe
  const part = (given: string | Uint8Array | undefined, value: unknown): string =>
    base64url(typeof given === 'object' ? given : Buffer.from(given ?? JSON.stringify(value)))
  const signed = `${part(headerText, header)}.${part(payloadText, claims)}`
  const named = String(header['alg'])
  const algorithm =
    signWith.kind === 'RSA' || signWith.kind === 'RSA-1024'
      ? /^[RP]S(256|384|512)$/.test(named)
        ? (named as 'RS256')
        : 'RS256'
      : isDerSignature === true
        ? 'ECDSA-DER'
        : 'ECDSA'
  const signature = signWith.sign(Buffer.from(signed), algorithm, saltLength)
  return recipe.finish.reduce((token, change) => change(token), `${signed}.${base64url(signature)}`)
}
