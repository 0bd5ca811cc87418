import {
  isWithin,
  parseAuthorizationDetails,
  type AuthorizationDetail,
} from '../../../src/authorization/index.ts'
import {
  difference,
  fail,
  judgeCall,
  judgeForeign,
  PASS,
  type Driver,
  type VectorCase,
  type Verdict,
} from '../verdict.ts'
import { byShape } from './by-shape.ts'

const tokenExchange = (): Verdict => ({ outcome: 'skip', rule: 'token-exchange' })

/** Authorization details (RFC 9396). Token exchange (RFC 8693) is not used. */
export const oauth: Driver = byShape({
  'authorization-details': { has: ['authorizationDetails'], judge: judgeDetails },
  'authorization-details-comparison': { has: ['granted', 'requested'], judge: judgeComparison },
  'actor-claims': { has: ['claims'], judge: tokenExchange },
  'token-exchange-requests': { has: ['params'], judge: tokenExchange },
})

async function judgeDetails(entry: VectorCase): Promise<Verdict> {
  const { authorizationDetails } = entry
  const parse = (): unknown => parseAuthorizationDetails(authorizationDetails)
  if (hasTextForList(authorizationDetails)) return judgeForeign('rar-text-member', entry, parse)
  return judgeCall(entry, parse, (details) => difference('the details', details, authorizationDetails))
}

/** RFC 9396 §2.2 makes the common members arrays of text; an example in the RFC's own appendix has a text instead. */
function hasTextForList(value: unknown): boolean {
  const lists = ['locations', 'actions', 'datatypes', 'privileges']
  return (
    Array.isArray(value) &&
    value.some((detail: unknown) =>
      Object.entries(detail ?? {}).some(
        ([name, member]) => lists.includes(name) && typeof member === 'string',
      ),
    )
  )
}

async function judgeComparison(entry: VectorCase): Promise<Verdict> {
  const granted = entry['granted'] as readonly AuthorizationDetail[]
  const requested = entry['requested'] as readonly AuthorizationDetail[]
  const isGranted = requested.every((detail) => isWithin(detail, granted))
  const { result } = entry.expected
  if (result === 'valid' && !isGranted) return fail('is within the grant, and was found not to be')
  if (result === 'invalid' && isGranted) return fail('is not within the grant, and was found to be')
  return PASS
}
