import type { ComityErrorCode } from '../errors/index.ts'
import { TrustError } from '../errors/index.ts'
import type { BoundedQuestion } from './accreditation-rule.ts'
import type { TrustListEntry } from './list-document.ts'
import { createListSource, type ListSourceOptions } from './list-source.ts'
import { accept, refuse, uncovered, type Refusal, type RuleJudgement } from './reason.ts'
import { assertVerifiedTrustList } from './verify-list.ts'

/** A trust list that counts. */
export interface TrustListSource {
  /** The DID of its owner, who signs it. */
  readonly did: string
  /** Where it is. Defaults to the service `ComityTrustList` of the owner's DID document. */
  readonly url?: string
  /** The types that it is believed about, compared as exact strings. Without it, all that it names. */
  readonly types?: readonly string[]
  /** The DIDs of those towards whom it counts. Without it, everyone. */
  readonly audiences?: readonly string[]
}

/** Makes the rule that judges by one signed list. */
export function createListRule(
  source: TrustListSource,
  options: ListSourceOptions,
): (question: BoundedQuestion) => Promise<RuleJudgement> {
  const lists = createListSource(source, options)
  const { did, types, audiences } = source

  return async (question) => {
    const { issuer, type, now } = question
    const limits = { types: types ?? [type], ...(audiences === undefined ? {} : { audiences }) }
    const beyond = uncovered(limits, question)
    // Asked about what it may not decide, the list is not even fetched.
    if (beyond !== undefined) return refuse('list', [beyond], { list: did })
    try {
      const list = await lists.load(now)
      assertVerifiedTrustList(list)
      const entry = list.find(issuer)
      const refusal =
        entry === undefined ? 'unknown-issuer' : (uncovered(entry, question) ?? ended(entry, now))
      if (refusal !== undefined) return refuse('list', [refusal], { list: did })
      const towardsAll = entry?.audiences === undefined
      return accept('list', { sequence: list.sequence, audience: towardsAll ? undefined : 'named' }, did)
    } catch (error) {
      if (!(error instanceof TrustError)) throw error
      const because = error.details['because'] as ComityErrorCode | undefined
      return refuse('list', [because ?? error.code], { list: did, unavailable: error })
    }
  }
}

/** An entry counts from its `validFrom` on and before its `validUntil`, to the second: both are the owner's own. */
function ended({ validFrom, validUntil }: TrustListEntry, now: number): Refusal | undefined {
  if (validFrom !== undefined && now < validFrom) return 'not-yet-valid'
  return validUntil !== undefined && now >= validUntil ? 'expired' : undefined
}
