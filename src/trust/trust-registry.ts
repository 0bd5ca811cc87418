import type { IssuerAnswer, IssuerQuestion, IssuerTrust, StatusChecker } from '../credentials/index.ts'
import type { DidResolver } from '../did/index.ts'
import { createFetchBudget, type GuardedFetch } from '../net/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { createAccreditationRule, type BoundedQuestion } from './accreditation-rule.ts'
import type { Accreditor } from './chain.ts'
import { createListRule, type TrustListSource } from './list-rule.ts'
import { accept, type RuleJudgement } from './reason.ts'
import { readAccreditors, readLists, readNetwork } from './registry-options.ts'
import { judgeStatic, readIssuers, type TrustedIssuer } from './static-rules.ts'

/**
 * The key of the switch that makes a registry believe every issuer everything. A symbol, so that no configuration
 * file can set it: whoever wants this must write it in code.
 */
export const trustAnyone: unique symbol = Symbol('comity: trust anyone')

/** What a {@link createTrustRegistry | trust registry} is made from. */
export interface TrustRegistryOptions {
  /** The issuers that are believed. One issuer may stand there several times. An empty list refuses all. */
  readonly issuers: readonly TrustedIssuer[]
  /** Believes every issuer everything. Only without any other rule, since they would mean nothing beside it. */
  readonly [trustAnyone]?: true
  /** Signed lists of issuers that are believed, asked in this order; at most 16. */
  readonly lists?: readonly TrustListSource[]
  /** Bodies whose accreditations count; at most 64. */
  readonly accreditors?: readonly Accreditor[]
  /** Fetches lists and accreditations. Needed with either. */
  readonly fetch?: GuardedFetch
  /** Resolves the owners of lists, issuers and bodies. Needed with either. */
  readonly resolver?: DidResolver
  /** Looks up whether an accreditation was taken back. Needed with `accreditors`. */
  readonly status?: StatusChecker
  /** Where the newest lists are remembered, so that none is older after a restart. Without it, in this process. */
  readonly store?: Store
  /** The most seconds for which a list is used again without asking, 10 to 3600. Defaults to 300. */
  readonly maxCacheSeconds?: number
  /** Defaults to the system's clock. */
  readonly clock?: Clock
}

/** What all rules say to one question. */
export interface TrustExplanation extends IssuerAnswer {
  /** What each rule says, in the order in which they are asked. */
  readonly rules: readonly RuleJudgement[]
}

/** Says which issuer is believed which type of credential, and why. */
export interface TrustRegistry extends IssuerTrust {
  /**
   * Judges one issuer for one type. The rules are asked in this order, until one accepts: the issuers of the
   * configuration (nothing is looked up), each list, accreditations.
   *
   * @throws {TrustError} `COMITY_TRUST_LIST_UNAVAILABLE`, `COMITY_ACCREDITATION_UNAVAILABLE` when no rule accepts and
   *   one could not be asked; the first such.
   */
  judge(question: IssuerQuestion): Promise<IssuerAnswer>
  /** Asks every rule, also after one has accepted. It does not throw where a rule could not be asked, but says so. */
  explain(question: IssuerQuestion): Promise<TrustExplanation>
}

type Rule = (question: BoundedQuestion) => Promise<RuleJudgement>

/** What one question may cost, where the caller sets no bounds. */
const BUDGET = { requests: 32, bytes: 4 * 1024 * 1024, timeoutMs: 15_000 } as const

/**
 * Makes a registry that says which issuer is believed which type of credential.
 *
 * What no rule accepts is refused. Every answer says why.
 *
 * @param options - See {@link TrustRegistryOptions}. Later changes to them have no effect.
 * @returns The registry, frozen. Without lists and accreditors it looks nothing up and never throws.
 * @throws {TypeError} When an option is missing or malformed, an issuer is no DID or is believed nothing, or
 *   `trustAnyone` stands beside other rules.
 */
export function createTrustRegistry(options: TrustRegistryOptions): TrustRegistry {
  const { clock = systemClock } = options
  const rules = createRules(options, clock)

  function bound(question: IssuerQuestion): BoundedQuestion {
    const { now = clock.now(), budget = createFetchBudget({ ...BUDGET, clock }) } = question
    if (!Number.isFinite(now)) throw new TypeError('question.now must be a finite number of seconds')
    return { ...question, now, budget }
  }
  return Object.freeze({
    async judge(question: IssuerQuestion): Promise<IssuerAnswer> {
      const bounded = bound(question)
      const judgements: RuleJudgement[] = []
      for (const rule of rules) {
        const judgement = await rule(bounded)
        if (judgement.accepted) return Object.freeze({ accepted: true, reason: judgement.reason })
        judgements.push(judgement)
      }
      const unavailable = judgements.find((judgement) => judgement.unavailable !== undefined)?.unavailable
      if (unavailable !== undefined) throw unavailable
      return conclude(judgements)
    },
    async explain(question: IssuerQuestion): Promise<TrustExplanation> {
      const bounded = bound(question)
      const judgements: RuleJudgement[] = []
      for (const rule of rules) judgements.push(await rule(bounded))
      return Object.freeze({ ...conclude(judgements), rules: Object.freeze(judgements) })
    },
  })
}

/** The first rule that accepts is the reason; else what each says, parted by `; `. */
function conclude(judgements: readonly RuleJudgement[]): IssuerAnswer {
  const accepting = judgements.find(({ accepted }) => accepted)
  if (accepting !== undefined) return Object.freeze({ accepted: true, reason: accepting.reason })
  return Object.freeze({ accepted: false, reason: judgements.map(({ reason }) => reason).join('; ') })
}

function createRules(options: TrustRegistryOptions, clock: Clock): readonly Rule[] {
  const issuers = readIssuers(options.issuers)
  const lists = readLists(options.lists ?? [])
  const accreditors = readAccreditors(options.accreditors ?? [])
  const anyone: unknown = options[trustAnyone]
  if (anyone !== undefined) {
    if (anyone !== true) throw new TypeError('options[trustAnyone] can only be true')
    if (issuers.length + lists.length + accreditors.length > 0) {
      throw new TypeError('options.issuers, lists and accreditors must be empty where everyone is trusted')
    }
    return [() => Promise.resolve(accept('anyone'))]
  }
  const rules: Rule[] = [(question) => Promise.resolve(judgeStatic(issuers, question))]
  if (lists.length + accreditors.length === 0) return rules
  const { status, ...network } = readNetwork(options, clock, accreditors.length > 0)
  rules.push(...lists.map((source) => createListRule(source, network)))
  if (status !== undefined) rules.push(createAccreditationRule({ ...network, status, accreditors }))
  return rules
}
