import type { ComityErrorCode, TrustError } from '../errors/index.ts'
import type { Coverage } from './shape.ts'

/** The kinds of rules. */
export type TrustRuleKind = 'anyone' | 'static' | 'list' | 'accreditation'

/**
 * Why a rule does not accept, where it is not an error on the way (then it is the error's code):
 *
 * - `unknown-issuer`, `other-type`, `other-audience`: the rule names others;
 * - `not-yet-valid`, `expired`: an entry of a list, by its own times;
 * - `no-accreditation`: the issuer's DID document points to none;
 * - `may-not-accredit`: a body attested an issuer, and may not;
 * - `too-deep`: no accepted body within the allowed number of hops;
 * - `cycle`: a body stands above itself;
 * - `too-many`: more accreditations than are looked at for one question.
 */
export type Refusal =
  | 'unknown-issuer'
  | 'other-type'
  | 'other-audience'
  | 'not-yet-valid'
  | 'expired'
  | 'no-accreditation'
  | 'may-not-accredit'
  | 'too-deep'
  | 'cycle'
  | 'too-many'

/** What one rule says to one question. */
export interface RuleJudgement {
  /** The kind of the rule. */
  readonly rule: TrustRuleKind
  /** The DID of the list, where it is one. */
  readonly list?: string
  /** Only `true` accepts. */
  readonly accepted: boolean
  /** Why, as `key=value` pairs; see {@link renderReason}. */
  readonly reason: string
  /** Why the rule could not be asked; absent where it could. */
  readonly unavailable?: TrustError
}

/** What a reason is put together from. Values are words, whole numbers, codes and DIDs, which have no spaces. */
export type ReasonParts = Readonly<Record<string, string | number | undefined>>

/**
 * Writes a reason as one text: `key=value` pairs with one space between them, in the order given, without those
 * that are undefined. DIDs in a value are parted by `,`; neither they nor the other values have spaces, commas, `;`
 * or `=`, so the text can be taken apart again.
 */
export function renderReason(rule: TrustRuleKind, parts: ReasonParts = {}): string {
  const pairs = Object.entries<string | number | undefined>({ rule, ...parts })
  return pairs
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')
}

/** The rule accepts. */
export function accept(rule: TrustRuleKind, parts: ReasonParts = {}, list?: string): RuleJudgement {
  return Object.freeze({
    rule,
    ...(list === undefined ? {} : { list }),
    accepted: true,
    reason: renderReason(rule, { list, ...parts }),
  })
}

/** The rule does not accept; with `unavailable`, because it could not be asked. */
export function refuse(
  rule: TrustRuleKind,
  why: readonly (Refusal | ComityErrorCode)[],
  { list, unavailable }: { readonly list?: string; readonly unavailable?: TrustError } = {},
): RuleJudgement {
  return Object.freeze({
    rule,
    ...(list === undefined ? {} : { list }),
    accepted: false,
    reason: renderReason(rule, { list, refused: [...new Set(why)].join(',') }),
    ...(unavailable === undefined ? {} : { unavailable }),
  })
}

/** Why a statement does not cover a type and an audience; undefined where it does. */
export function uncovered(
  { types, audiences }: Coverage,
  { type, audience }: { readonly type: string; readonly audience?: string | undefined },
): Refusal | undefined {
  if (!types.includes(type)) return 'other-type'
  if (audiences === undefined) return undefined
  return audience !== undefined && audiences.includes(audience) ? undefined : 'other-audience'
}
