/**
 * Where claims stand: names of members, positions of elements from 0, and `null` for every element of an array. It starts
 * at the top of the claims.
 *
 * @see {@link https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-7 | OpenID4VP 1.0 §7}
 */
export type ClaimsPath = readonly (string | number | null)[]

/** Says whether a value is a path: at least one step, each of an allowed kind. */
export function isClaimsPath(value: unknown): value is ClaimsPath {
  return Array.isArray(value) && value.length > 0 && value.every(isStep)
}

function isStep(step: unknown): boolean {
  return step === null || typeof step === 'string' || (Number.isSafeInteger(step) && Number(step) >= 0)
}
