import { parseDateTimeStamp } from '../../../src/credentials/index.ts'
import { encodeUtf8 } from '../../../src/encoding/index.ts'
import {
  findWebvhVersion,
  parseWebvhDid,
  resolveWebvh,
  verifyWebvhLog,
} from '../../../src/did/webvh/index.ts'
import type { GuardedFetch } from '../../../src/net/index.ts'
import {
  attempt,
  describe,
  difference,
  fail,
  judgeCall,
  PASS,
  type Driver,
  type VectorCase,
  type Verdict,
} from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** The syntax of did:webvh, its logs, and the versions that may be asked for. */
export const didWebvh: Driver = byShape({
  logs: { has: ['did', 'log', 'resolve'], judge: judgeLog },
  'resolution-params': { has: ['did', 'log', 'options'], judge: judgeQuestion },
  'did-syntax': { has: ['did'], judge: judgeSyntax },
})

async function judgeSyntax(entry: VectorCase): Promise<Verdict> {
  return judgeCall(
    entry,
    () => parseWebvhDid(String(entry['did'])),
    (parsed) => {
      const { logUrl, witnessUrl = parsed.witnessUrl } = entry.expected
      return (
        difference('the log', parsed.logUrl, logUrl) ??
        difference('the proofs', parsed.witnessUrl, witnessUrl)
      )
    },
  )
}

/** Which version is asked for. */
type WebvhVersionQuery = NonNullable<Parameters<typeof findWebvhVersion>[1]>

interface Expected {
  readonly ok: boolean
  readonly versionId?: string
  readonly versionTime?: string
  readonly deactivated?: boolean
  readonly state?: unknown
}

async function judgeLog(entry: VectorCase): Promise<Verdict> {
  const questions = entry['resolve'] as readonly { options: WebvhVersionQuery; expected: Expected }[]
  for (const { options, expected } of questions) {
    const verdict = await judgeResolution(entry, options, expected)
    if (verdict.outcome !== 'pass') return verdict
  }
  // The questions are those of the case: a log that is invalid has to be refused whatever is asked.
  return judgeCall(entry, () => resolve(entry, {}))
}

async function judgeQuestion(entry: VectorCase): Promise<Verdict> {
  const expected = { ...entry.expected, ok: entry.expected.result === 'valid' }
  return judgeResolution(entry, entry['options'] as WebvhVersionQuery, expected)
}

/** Both what a resolver gives, and the document as it stands in the log. */
async function judgeResolution(
  entry: VectorCase,
  options: WebvhVersionQuery,
  expected: Expected,
): Promise<Verdict> {
  const result = await attempt(() => resolve(entry, options))
  if ('refused' in result)
    return expected.ok ? fail(`is valid and was refused: ${describe(result.refused)}`) : PASS
  if (!expected.ok) return fail('is invalid and was accepted')
  const { didDocument, didDocumentMetadata: metadata } = result.value
  const log = await verifyWebvhLog(String(entry['did']), {
    log: String(entry['log']),
    now: nowOf(entry),
    witness: async () => witnessOf(entry),
  })
  const { state } = findWebvhVersion(log, options)
  const wrong =
    difference('the state', state, expected.state) ??
    difference('the version', metadata['versionId'], expected.versionId) ??
    difference('its time', metadata['versionTime'], expected.versionTime ?? metadata['versionTime']) ??
    difference('deactivated', metadata.deactivated, expected.deactivated ?? metadata.deactivated) ??
    (didDocument === null
      ? difference('deactivated', metadata.deactivated, true)
      : difference('the document', withoutImplied(didDocument, state), state))
  return wrong === undefined ? PASS : fail(wrong)
}

async function resolve(
  entry: VectorCase,
  options: WebvhVersionQuery,
): Promise<Awaited<ReturnType<typeof resolveWebvh>>> {
  const did = String(entry['did'])
  const { logUrl, witnessUrl } = parseWebvhDid(did)
  const files = new Map([[logUrl, String(entry['log'])]])
  const witness = witnessOf(entry)
  if (witness !== undefined) files.set(witnessUrl, witness)
  const fetch = async (url: string): Promise<object> => {
    const text = files.get(url)
    return {
      url,
      status: text === undefined ? 404 : 200,
      headers: new Headers(),
      body: encodeUtf8(text ?? ''),
    }
  }
  return resolveWebvh(did, { ...options, fetch: fetch as unknown as GuardedFetch, now: nowOf(entry) })
}

function witnessOf(entry: VectorCase): string | undefined {
  return typeof entry['witness'] === 'string' ? entry['witness'] : undefined
}

function nowOf(entry: VectorCase): number {
  return parseDateTimeStamp(String(entry['now'])) ?? NaN
}

/** A document without the services that go without saying, which is all that a resolver may add to the log's. */
function withoutImplied(document: object, state: object): object {
  const { service = [], ...rest } = document as { readonly service?: readonly { readonly id?: string }[] }
  const { service: listed } = state as { readonly service?: readonly unknown[] }
  const said = service.filter(({ id }) => !(id?.endsWith('#files') || id?.endsWith('#whois')))
  const own = (listed ?? []) as readonly { readonly id?: string }[]
  const kept = service.filter((each) => said.includes(each) || own.some(({ id }) => id === each.id))
  return listed === undefined && kept.length === 0 ? rest : { ...rest, service: kept }
}
