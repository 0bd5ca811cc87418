import {
  createBundleSet,
  parseJwtSvid,
  parseTrustBundle,
  parseTrustDomain,
  verifyJwtSvid,
  type BundleSource,
  type UnverifiedJwtSvid,
} from '../../../../src/spiffe/index.ts'
import type { JsonObject } from '../../../../src/encoding/index.ts'
import { parseWitSvid, type UnverifiedWitSvid } from '../../../../src/spiffe/experimental.ts'
import { checkWitSvid } from '../../../../src/spiffe/wit-svid.ts'
import { PolicyError, VerificationError } from '../../../../src/errors/index.ts'
import { difference, judgeCall, type VectorCase } from '../../verdict.ts'
import type { SpiffeOperation } from './operation.ts'

/** JWT-SVIDs. */
export const spiffeJwtSvids: Readonly<Record<string, SpiffeOperation>> = {
  validate: (entry) => {
    if (isWit(entry)) return judgeWit(entry, () => checkWit(entry))
    return judgeCall(
      entry,
      async () => verify(entry),
      ({ id, audience, expiresAt }) => wrongSvid(id.uri, audience, expiresAt, entry.expect),
    )
  },
  parseInsecure: (entry) => {
    if (isWit(entry)) return judgeWit(entry, () => parseWitSvid(String(entry['token'])))
    return judgeCall(
      entry,
      () => parseForCaller(entry),
      ({ id, audience, expiresAt }) => wrongSvid(id.uri, audience, expiresAt, entry.expect),
    )
  },
}

/** A WIT-SVID is not made out to anybody, so that its cases have no audience. */
function isWit(entry: VectorCase): boolean {
  return entry['audience'] === undefined
}

function judgeWit(
  entry: Parameters<SpiffeOperation>[0],
  judge: () => UnverifiedWitSvid | Promise<UnverifiedWitSvid>,
): ReturnType<SpiffeOperation> {
  return judgeCall(entry, judge, ({ id, holder }) => {
    const { kty, crv, x, y, alg } = (entry.expect['cnfJwk'] ?? {
      ...holder.jwk,
      alg: holder.alg,
    }) as JsonObject
    return (
      difference('the ID', id.uri, entry.expect['spiffeId']) ??
      difference('the key', { ...holder.jwk, alg: holder.alg }, { kty, crv, x, y, alg })
    )
  })
}

/** The cases are without proof of possession, so that only a part of the verification can judge them. */
function checkWit(entry: VectorCase): Promise<UnverifiedWitSvid> {
  return checkWitSvid(String(entry['token']), {
    bundles: bundlesOf(entry),
    now: Number(entry['now']),
    clockTolerance: 0,
  })
}

async function verify(entry: VectorCase): ReturnType<typeof verifyJwtSvid> {
  try {
    return await verifyJwtSvid(String(entry['token']), {
      bundles: bundlesOf(entry),
      audience: entry['audience'] as string[],
      now: Number(entry['now']),
    })
  } catch (error) {
    // Some cases are about a caller who expects no audience, which is a fault of the caller here.
    if (error instanceof TypeError && error.message.startsWith('options.audience')) {
      throw new PolicyError('COMITY_AUDIENCE_MISMATCH', error.message)
    }
    throw error
  }
}

/** The vectors' operation looks at times and audience too, which here is what a caller does with what was read. */
function parseForCaller(entry: VectorCase): UnverifiedJwtSvid {
  const svid = parseJwtSvid(String(entry['token']))
  const expected = entry['audience'] as readonly string[]
  if (svid.expiresAt <= Number(entry['now']))
    throw new VerificationError('COMITY_TOKEN_EXPIRED', 'it has expired')
  if (!expected.some((name) => svid.audience.includes(name))) {
    throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'it is for another audience')
  }
  return svid
}

function bundlesOf(entry: VectorCase): BundleSource {
  const documents = Object.entries(entry['bundles'] as Readonly<Record<string, unknown>>)
  return createBundleSet(
    documents.map(([name, document]) => parseTrustBundle(parseTrustDomain(name), JSON.stringify(document))),
  )
}

function wrongSvid(
  id: string,
  audience: readonly string[],
  expiresAt: number,
  expect: Readonly<Record<string, unknown>>,
): string | undefined {
  return (
    difference('the ID', id, expect['spiffeId']) ??
    difference('the audience', audience, expect['audience']) ??
    difference('the expiry', Math.floor(expiresAt), Math.floor(Number(expect['exp'])))
  )
}
