import {
  createSignatureCache,
  parseCredential,
  verifyCredential,
  verifySignedCredential,
  type IssuerQuestion,
  type IssuerTrust,
  type SignatureCache,
  type StatusChecker,
  type VerifySignedCredentialOptions,
} from '../credentials/index.ts'
import { ComityError, NetworkError, TrustError, type ComityErrorCode } from '../errors/index.ts'
import type { FetchBudget } from '../net/index.ts'
import { readAccreditation } from './accreditation-document.ts'
import {
  createAccreditationSource,
  type AccreditationSource,
  type AccreditationSourceOptions,
} from './accreditation-source.ts'
import { isAccepted, misfit, renderChain, type Accreditor, type Branch, type Hop } from './chain.ts'
import { accept, refuse, type Refusal, type RuleJudgement } from './reason.ts'
import { ACCREDITATION_TYPE } from './shape.ts'
import { TRUST_CLOCK_TOLERANCE } from './verify-list.ts'

/** The most accreditations that are looked at for one question. */
export const MAX_LOOKUPS: number = 8

/** Whether a body is believed is for the chain to say; what is left to check is the credential. */
const PART_OF_A_CHAIN: IssuerTrust = {
  judge: () => Promise.resolve({ accepted: true, reason: 'part of a chain' }),
}

/** What chains are judged with. */
export interface AccreditationOptions extends AccreditationSourceOptions {
  readonly accreditors: readonly Accreditor[]
  readonly status: StatusChecker
}

/** A question with its time and its bounds. */
export type BoundedQuestion = IssuerQuestion & { readonly now: number; readonly budget: FetchBudget }

/** What is wrong with the chains that do not hold. */
type Fault = Refusal | ComityErrorCode

/** One search: what was found besides a chain, and how many accreditations were looked at. */
interface Search {
  readonly question: BoundedQuestion
  readonly faults: Fault[]
  lookups: number
  unavailable?: ComityError
}

/** What every step of a search is made with. */
interface Tools extends Omit<AccreditationOptions, 'fetch' | 'clock'> {
  readonly source: AccreditationSource
  readonly cache: SignatureCache
}

/**
 * Makes the rule that judges by accreditations: whether a chain of them leads from an accepted body to the issuer.
 *
 * The search goes up from the issuer, the shortest chains first, {@link MAX_LOOKUPS} accreditations in all. Statuses
 * are asked for at the end, from the body down, and only of a chain that begins with an accepted body: a stranger's
 * accreditations cause no look-ups of statuses.
 */
export function createAccreditationRule(
  options: AccreditationOptions,
): (question: BoundedQuestion) => Promise<RuleJudgement> {
  const tools = { ...options, source: createAccreditationSource(options), cache: createSignatureCache() }
  return async (question) => {
    const search: Search = { question, faults: [], lookups: 0 }
    const chain = await find(search, tools)
    if (chain !== undefined) return accept('accreditation', { chain: renderChain(chain) })
    const { faults, unavailable } = search
    if (unavailable !== undefined) {
      return refuse('accreditation', faults, { unavailable: toUnavailable(unavailable) })
    }
    return refuse('accreditation', faults.length === 0 ? ['no-accreditation'] : faults)
  }
}

async function find(search: Search, tools: Tools): Promise<readonly Hop[] | undefined> {
  const queue: Branch[] = [{ issuer: search.question.issuer, below: [] }]
  for (const branch of queue) {
    const found = await extend(branch, search, tools)
    if (isChain(found)) return found
    queue.push(...found)
  }
  return undefined
}

/** The chains that are one accreditation longer than a branch: the first that holds, or where to go on. */
async function extend(
  branch: Branch,
  search: Search,
  tools: Tools,
): Promise<readonly Hop[] | readonly Branch[]> {
  const { question, faults } = search
  const next: Branch[] = []
  const urls = await attempt(search, () => tools.source.locate(branch.issuer, question.budget))
  for (const url of urls ?? []) {
    if (search.lookups === MAX_LOOKUPS) {
      faults.push('too-many')
      break
    }
    search.lookups += 1
    const hop = await attempt(search, () => climb(url, branch, question, tools))
    if (typeof hop === 'string') faults.push(hop)
    if (hop === undefined || typeof hop === 'string') continue
    const chain = [hop, ...branch.below]
    const { body } = hop.accreditation
    if (!isAccepted(body, chain.length, question, tools.accreditors))
      next.push({ issuer: body, below: chain })
    else if ((await attempt(search, () => confirm(chain, question, tools))) === true) return chain
  }
  return next
}

/** One accreditation of the branch's issuer, signed by its body; or why it cannot be part of a chain. */
async function climb(
  url: string,
  branch: Branch,
  question: BoundedQuestion,
  tools: Tools,
): Promise<Hop | Fault> {
  const token = await tools.source.token(url, question.budget)
  // What does not fit causes no further look-up.
  const fault = misfit(readAccreditation(parseCredential(token)), branch, question, tools.accreditors)
  if (fault !== undefined) return fault
  const credential = await verifySignedCredential(token, expectations(question, tools))
  return { token, accreditation: readAccreditation(credential) }
}

/** All that there is to check of each accreditation, its status too. */
async function confirm(chain: readonly Hop[], question: BoundedQuestion, tools: Tools): Promise<true> {
  for (const { token, accreditation } of chain) {
    await verifyCredential(token, {
      ...expectations(question, tools),
      trust: PART_OF_A_CHAIN,
      status: tools.status,
      holder: accreditation.issuer,
      type: ACCREDITATION_TYPE,
    })
  }
  return true
}

function expectations(
  { now, budget, audience }: BoundedQuestion,
  { resolver, cache }: Tools,
): VerifySignedCredentialOptions {
  const own = audience === undefined ? {} : { audience }
  return { resolver, cache, clockTolerance: TRUST_CLOCK_TOLERANCE, now, budget, ...own }
}

/** A chain has at least one hop, and hops have tokens. */
function isChain(found: readonly Hop[] | readonly Branch[]): found is readonly Hop[] {
  const [first] = found
  return first !== undefined && 'token' in first
}

/** Notes what fails and goes on: another chain may hold. */
async function attempt<Value>(search: Search, step: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await step()
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    search.faults.push(error.code)
    if (error instanceof TrustError || error instanceof NetworkError) search.unavailable ??= error
    return undefined
  }
}

function toUnavailable(cause: ComityError): TrustError {
  return new TrustError('COMITY_ACCREDITATION_UNAVAILABLE', 'an accreditation cannot be had', {
    spec: 'Comity trust §3.3',
    details: { because: cause.code },
    cause,
  })
}
