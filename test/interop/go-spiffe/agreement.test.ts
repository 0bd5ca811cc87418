/**
 * The same SVIDs, judged here and by go-spiffe. Each difference must be one of those that docs/spec/spiffe-agreement.md
 * explains.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../../src/errors/index.ts'
import {
  createBundleSet,
  parseTrustBundle,
  parseTrustDomain,
  verifyJwtSvid,
  verifyX509Svid,
} from '../../../src/spiffe/index.ts'
import type { Case } from './case.ts'
import { KNOWN_DIFFERENCES, type KnownDifference } from './differences.ts'
import { judge, whyNoJudge, type Verdict } from './judge.ts'
import { jwtCases } from './jwt-cases.ts'
import { x509Cases } from './x509-cases.ts'

const SEED = 6
const COUNT = 500
/** What go-spiffe allows, and cannot be told otherwise. */
const GO_LEEWAY = 60

const missing = await whyNoJudge()
if (missing !== undefined) console.warn(`agreement with go-spiffe: skipped, for ${missing}`)

interface Outcome {
  readonly spiffeId?: string
  /** The code, where it is refused. */
  readonly refusal?: string
}

interface Judged {
  readonly asked: Case
  readonly go: Outcome
  readonly here: Outcome
}

/** Judged at the time that go-spiffe took for now. */
async function judgeHere({ bundles, token, audience = [], chain = [], now = 0 }: Case, goNow: number) {
  try {
    const set = createBundleSet(
      Object.entries(bundles).map(([name, text]) => parseTrustBundle(parseTrustDomain(name), text)),
    )
    const { id } =
      token === undefined
        ? await verifyX509Svid(
            chain.map((der) => new Uint8Array(Buffer.from(der, 'base64'))),
            { bundles: set, now },
          )
        : await verifyJwtSvid(token, { bundles: set, audience, now: goNow, clockTolerance: GO_LEEWAY })
    return { spiffeId: id.uri }
  } catch (error) {
    if (error instanceof ComityError) return { refusal: error.code }
    throw error
  }
}

function outcomeOf({ ok, spiffeId = '', error = '' }: Verdict): Outcome {
  return ok ? { spiffeId } : { refusal: error }
}

async function judgeBoth(cases: readonly Case[]): Promise<readonly Judged[]> {
  const verdicts = await judge(cases)
  expect(verdicts.map(({ id }) => id)).toEqual(cases.map(({ id }) => id))
  return Promise.all(
    cases.map(async (asked, index) => {
      const verdict = verdicts[index]!
      return { asked, go: outcomeOf(verdict), here: await judgeHere(asked, verdict.now) }
    }),
  )
}

function differs({ go, here }: Judged): boolean {
  return go.spiffeId !== here.spiffeId
}

function explanationOf({ asked, go, here }: Judged): KnownDifference | undefined {
  return KNOWN_DIFFERENCES.find(({ features, accepts, refusal }) => {
    const [accepted, refused] = accepts === 'comity' ? [here, go] : [go, here]
    return (
      features.some((name) => asked.features.includes(name)) &&
      accepted.spiffeId !== undefined &&
      refusal.some((words) => refused.refusal?.includes(words) === true)
    )
  })
}

let judged: Promise<readonly Judged[]> | undefined
const all = (): Promise<readonly Judged[]> =>
  (judged ??= judgeBoth([
    ...jwtCases(SEED, COUNT, Math.floor(Date.now() / 1000)),
    ...x509Cases(SEED + 1, COUNT),
  ]))

describe.skipIf(missing !== undefined)('agreement with go-spiffe', { timeout: 900_000 }, () => {
  it('has 1,000 cases that are the same in each run, of each kind many good and many bad', async () => {
    const outcomes = await all()
    expect(outcomes).toHaveLength(2 * COUNT)
    for (const kind of ['jwt', 'x509'] as const) {
      const ofKind = outcomes.filter(({ asked }) => asked.kind === kind)
      for (const side of ['go', 'here'] as const) {
        const accepted = ofKind.filter((each) => each[side].spiffeId !== undefined).length
        expect(accepted / ofKind.length, `${kind} ${side}`).toBeGreaterThan(0.25)
        expect(accepted / ofKind.length, `${kind} ${side}`).toBeLessThan(0.75)
      }
    }
    const features = (cases: readonly Case[]) => cases.map((each) => each.features)
    expect(features(jwtCases(SEED, COUNT, 0))).toEqual(features(jwtCases(SEED, COUNT, 1)))
  })

  it('differs in nothing that is not explained', async () => {
    const unexplained = (await all()).filter((each) => differs(each) && explanationOf(each) === undefined)
    expect(unexplained.map(({ asked: { id, features }, go, here }) => ({ id, features, go, here }))).toEqual(
      [],
    )
  })

  it('differs in all that is said to differ', async () => {
    const found = new Set((await all()).filter(differs).map((each) => explanationOf(each)?.name))
    expect(KNOWN_DIFFERENCES.map(({ name }) => name).filter((name) => !found.has(name))).toEqual([])
  })

  it('notices a judge that errs', async () => {
    const outcomes = await all()
    const forgetful = outcomes.map((each) =>
      each.here.refusal === 'COMITY_CERTIFICATE_EXPIRED' || each.here.refusal === 'COMITY_AUDIENCE_MISMATCH'
        ? { ...each, here: { spiffeId: 'spiffe://org-a.test/agents/a' } }
        : each,
    )
    const unexplained = forgetful.filter((each) => differs(each) && explanationOf(each) === undefined)
    expect(unexplained.length).toBeGreaterThan(5)
  })
})

it('each known difference is explained in the documentation', () => {
  const text = readFileSync(new URL('../../../docs/spec/spiffe-agreement.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)
  expect(rows).toEqual(KNOWN_DIFFERENCES.map(({ name }) => name))
})
