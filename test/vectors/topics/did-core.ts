import { isDidDateTime } from '../../../src/did/date-time.ts'
import { parseDid, parseDidUrl } from '../../../src/did/index.ts'
import { difference, fail, judgeCall, PASS, type Driver, type VectorCase, type Verdict } from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** The syntax of DIDs and DID URLs, and of the dates in resolution metadata. */
export const didCore: Driver = byShape({
  syntax: { has: ['kind', 'input'], judge: judgeSyntax },
  datetime: { has: ['input'], judge: judgeDateTime },
})

function judgeDateTime(entry: VectorCase): Verdict {
  const taken = isDidDateTime(entry['input'])
  const { result } = entry.expected
  if (result === 'valid' && !taken) return fail('is valid and was refused')
  if (result === 'invalid' && taken) return fail('is invalid and was accepted')
  return PASS
}

async function judgeSyntax(entry: VectorCase): Promise<Verdict> {
  const input = entry['input'] as string
  const parse = (): unknown => (entry['kind'] === 'did' ? parseDid(input) : parseDidUrl(input))
  return judgeCall(entry, parse, () => {
    const { parts } = entry.expected
    if (parts === undefined) return undefined
    const { did, path, query, fragment } = parseDidUrl(input)
    const { method, id } = parseDid(did)
    return difference('the parts', { method, id, path, query, fragment }, parts)
  })
}
