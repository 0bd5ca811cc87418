import {
  appendSegments,
  createSpiffeId,
  isMemberOf,
  parseSpiffeId,
  parseTrustDomain,
  spiffeIdOfPath,
  type SpiffeId,
} from '../../../../src/spiffe/index.ts'
import { checkPath, checkSegment } from '../../../../src/spiffe/spiffe-id.ts'
import { attempt, difference, fail, judgeCall, PASS, type VectorCase, type Verdict } from '../../verdict.ts'
import type { SpiffeOperation } from './operation.ts'

type Input = Readonly<Record<string, unknown>>

/** IDs and names of trust domains. */
export const spiffeIds: Readonly<Record<string, SpiffeOperation>> = {
  parseId: (entry) =>
    judgeCall(
      entry,
      () => parseSpiffeId(text(entry)),
      (id) => wrongId(id, entry.expect),
    ),
  fromJSON: () => ({ outcome: 'skip', rule: 'spiffe-zero-id' }),
  fromSegments: (entry) => {
    const { trustDomain, segments } = input(entry)
    const make = (): SpiffeId =>
      createSpiffeId(parseTrustDomain(String(trustDomain)), ...(segments as string[]))
    return judgeCall(entry, make, (id) => wrongId(id, entry.expect))
  },
  fromPath: (entry) => {
    const { trustDomain, path } = input(entry)
    const make = (): SpiffeId => spiffeIdOfPath(parseTrustDomain(String(trustDomain)), String(path))
    return judgeCall(entry, make, (id) => wrongId(id, entry.expect))
  },
  appendPath: onId((id, path) => {
    if (path !== '') checkPath(String(path))
    return parseSpiffeId(id.uri + String(path))
  }),
  replacePath: onId((id, path) => spiffeIdOfPath(id.trustDomain, String(path))),
  appendSegments: onId((id, segments) => appendSegments(id, ...(segments as string[]))),
  replaceSegments: onId((id, segments) => createSpiffeId(id.trustDomain, ...(segments as string[]))),
  memberOf: (entry) => {
    const { id, trustDomain } = input(entry)
    const ask = (): boolean => isMemberOf(parseSpiffeId(String(id)), parseTrustDomain(String(trustDomain)))
    return judgeCall(entry, ask, (is) => difference('the result', is, entry.expect['result']))
  },
  compareTrustDomain: (entry) => {
    const { a, b } = input(entry)
    const compare = (): number => {
      const [first, second] = [parseTrustDomain(String(a)).name, parseTrustDomain(String(b)).name]
      return first === second ? 0 : first < second ? -1 : 1
    }
    return judgeCall(entry, compare, (order) => difference('the order', order, entry.expect['result']))
  },
  equal: (entry) => {
    const { a, b } = input(entry)
    const ask = (): boolean => parseSpiffeId(String(a)).uri === parseSpiffeId(String(b)).uri
    return judgeCall(entry, ask, (is) => difference('the result', is, entry.expect['result']))
  },
  validatePath: (entry) => judgeCall(entry, () => checkPath(text(entry))),
  validatePathSegment: (entry) => judgeCall(entry, () => checkSegment(text(entry))),
  parseTrustDomain: (entry) =>
    judgeCall(
      entry,
      () => parseTrustDomain(text(entry)),
      ({ name }) => wrongName(name, entry.expect),
    ),
  sweepId: (entry) => sweep(entry, parseSpiffeId),
  sweepSegment: (entry) => sweep(entry, checkSegment),
  sweepTrustDomain: (entry) => sweep(entry, parseTrustDomain),
}

function onId(change: (id: SpiffeId, argument: unknown) => SpiffeId): SpiffeOperation {
  return (entry) => {
    const { id, arg } = input(entry)
    return judgeCall(
      entry,
      () => change(parseSpiffeId(String(id)), arg),
      (made) => wrongId(made, entry.expect),
    )
  }
}

function wrongId({ uri, path, trustDomain }: SpiffeId, expect: Input): string | undefined {
  return (
    difference('the ID', uri, expect['canonical'] ?? uri) ??
    difference('the path', path, expect['path'] ?? path) ??
    difference('the trust domain', trustDomain.name, expect['trustDomain'] ?? trustDomain.name)
  )
}

function wrongName(name: string, expect: Input): string | undefined {
  return difference('the name', name, expect['canonical'] ?? expect['trustDomain'] ?? expect['name'] ?? name)
}

/** Puts each code point of a range in place of `{}`; those that are a policy may go either way. */
async function sweep(
  entry: Parameters<SpiffeOperation>[0],
  parse: (text: string) => unknown,
): Promise<Verdict> {
  const {
    from,
    to,
    except = '',
    valid,
    policy = '',
  } = entry.expect as Readonly<Record<string, string | number>>
  for (let code = Number(from); code <= Number(to); code += 1) {
    const character = String.fromCodePoint(code)
    if (String(except).includes(character) || String(policy).includes(character)) continue
    const isAccepted = 'value' in (await attempt(() => parse(text(entry).replace('{}', () => character))))
    if (isAccepted !== String(valid).includes(character))
      return fail(`U+${code.toString(16)} is judged wrongly`)
  }
  return PASS
}

function text(entry: VectorCase): string {
  return String(entry['input'])
}

function input(entry: VectorCase): Input {
  return entry['input'] as Input
}
