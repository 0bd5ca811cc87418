import type { IssuerQuestion } from '../credentials/index.ts'
import { parseDid } from '../did/index.ts'
import { ComityError } from '../errors/index.ts'
import { accept, refuse, uncovered, type RuleJudgement } from './reason.ts'

/** What one issuer is believed. */
export interface TrustedIssuer {
  /** The issuer's DID, compared as an exact string. */
  readonly did: string
  /** The credential types that it is believed, compared as exact strings; at least one, and no wildcards. */
  readonly types: readonly string[]
  /** The DIDs of those towards whom it counts, compared as exact strings. Without it, towards everyone. */
  readonly audiences?: readonly string[]
}

/** Judges by the issuers that stand in the configuration. Nothing is looked up. */
export function judgeStatic(
  issuers: readonly TrustedIssuer[],
  { issuer, type, audience }: IssuerQuestion,
): RuleJudgement {
  const known = issuers.filter(({ did }) => did === issuer)
  if (known.length === 0) return refuse('static', ['unknown-issuer'])
  const reasons = known.map((entry) => uncovered(entry, { type, audience }))
  const accepting = known.filter((_entry, index) => reasons[index] === undefined)
  if (accepting.length === 0) {
    // What is nearest to an acceptance says most: the type is listed, only not towards this audience.
    return refuse('static', [reasons.includes('other-audience') ? 'other-audience' : 'other-type'])
  }
  const towardsAll = accepting.some(({ audiences }) => audiences === undefined)
  return accept('static', { audience: towardsAll ? undefined : 'named' })
}

/**
 * Copies issuers out of a configuration.
 *
 * @throws {TypeError} When one is no DID, or is believed nothing.
 */
export function readIssuers(issuers: unknown): readonly TrustedIssuer[] {
  if (!Array.isArray(issuers)) throw new TypeError('options.issuers must be a list')
  return issuers.map((entry: TrustedIssuer, index) => {
    const name = `options.issuers[${String(index)}]`
    return { did: checkDid(entry.did, `${name}.did`), ...readCoverage(entry, name) }
  })
}

/**
 * Copies types and audiences out of a configuration.
 *
 * @throws {TypeError} When there is no type, a wildcard, or an audience that is no DID.
 */
export function readCoverage(
  { types, audiences }: Pick<TrustedIssuer, 'types' | 'audiences'>,
  name: string,
): Pick<TrustedIssuer, 'types' | 'audiences'> {
  if (!isNames(types)) throw new TypeError(`${name}.types must list types of credentials, without wildcards`)
  return { types: [...types], ...copyAudiences(audiences, name) }
}

/** @throws {TypeError} When there are audiences and one is no DID. */
export function copyAudiences(
  audiences: readonly string[] | undefined,
  name: string,
): { readonly audiences?: readonly string[] } {
  if (audiences === undefined) return {}
  if (!isNames(audiences)) throw new TypeError(`${name}.audiences must list DIDs`)
  return { audiences: audiences.map((audience) => checkDid(audience, `${name}.audiences`)) }
}

/** Says whether a value is a list of at least one name, none of them with a wildcard. */
export function isNames(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every((name) => typeof name === 'string' && name !== '' && !name.includes('*'))
}

/** @throws {TypeError} When the text is no DID. */
export function checkDid(text: string, name: string): string {
  try {
    return parseDid(text).did
  } catch (cause) {
    if (cause instanceof ComityError || cause instanceof TypeError)
      throw new TypeError(`${name} must be a DID`, { cause })
    throw cause
  }
}
