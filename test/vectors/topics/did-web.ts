import { createDidResolver } from '../../../src/did/index.ts'
import { NetworkError } from '../../../src/errors/index.ts'
import type { GuardedFetch } from '../../../src/net/index.ts'
import { difference, fail, judgeCall, type Driver, type VectorCase, type Verdict } from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** Resolving did:web. */
export const didWeb: Driver = byShape({
  resolve: { has: ['did', 'server'], judge: judgeResolution },
})

type Server = Readonly<Record<string, { readonly status: number; readonly body: unknown }>>

async function judgeResolution(entry: VectorCase): Promise<Verdict> {
  const did = String(entry['did'])
  const server = entry['server'] as Server
  const { fetch, asked } = webOf(server)
  const resolver = createDidResolver({ fetch })
  const { url, urlAnyOf, didDocument } = entry.expected
  const verdict = await judgeCall(
    entry,
    () => resolver.resolveDocument(did),
    () => {
      const expected = Array.isArray(urlAnyOf) ? urlAnyOf : url === undefined ? asked : [url]
      return expected.includes(asked[0]) ? undefined : `${String(asked[0])} was asked first`
    },
  )
  if (verdict.outcome !== 'pass') return verdict
  const resolved = await resolver.resolve(did)
  if (entry.expected.result === 'valid') {
    const wrong = difference('the document', resolved.didDocument, didDocument)
    return wrong === undefined || didDocument === undefined ? verdict : fail(wrong)
  }
  if (resolved.didDocument !== null) return fail('was resolved, and is invalid')
  // A DID that names no place has to be refused before anything is fetched.
  const reachesOut =
    Object.keys(server).length === 0 && asked.length > 0 && String(entry['origin']).includes('security')
  return reachesOut ? fail(`${String(asked[0])} was asked`) : verdict
}

/** A web that has nothing but a case's pages; redirects are refused as by the real fetch. */
function webOf(server: Server): { fetch: GuardedFetch; asked: string[] } {
  const asked: string[] = []
  const fetch = async (url: string): Promise<object> => {
    asked.push(url)
    const page = Object.hasOwn(server, url) ? server[url] : undefined
    if (page === undefined) throw new NetworkError('COMITY_NET_UNREACHABLE', 'no such page')
    if (page.status >= 300 && page.status < 400)
      throw new NetworkError('COMITY_NET_REDIRECT', 'the answer is a redirect')
    const text = typeof page.body === 'string' ? page.body : JSON.stringify(page.body)
    return { url, status: page.status, headers: new Headers(), body: new TextEncoder().encode(text) }
  }
  return { fetch: fetch as unknown as GuardedFetch, asked }
}
