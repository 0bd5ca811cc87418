/**
 * What `npm run stress` does: plays the plan, and judges it afterwards, from what the clients wrote down.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { reach } from '../../src/cli/demo/roles/connectivity.ts'
import { createSignatureCache } from '../../src/credentials/index.ts'
import { createDidResolver } from '../../src/did/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createStatusChecker } from '../../src/status/index.ts'
import { createMemoryWallet } from '../../src/wallet/index.ts'
import { AGENT_DEMAND } from '../support/demands.ts'
import { startCast, type Cast } from './cast.ts'
import { connect, type Client, type ClientSurroundings } from './client-session.ts'
import { workByHand } from './work-by-hand.ts'
import { workByLibrary } from './work-by-library.ts'
import { judge } from './judge.ts'
import { liveOn, type Departed, type Hire, type Kind, type LifeOptions } from './life.ts'
import { startPace } from './pace.ts'
import { FULL, LIBRARY_SHARE, REVOCATION_MS, SHORT, TOLERANCE_MS, type Plan } from './plan.ts'
import { createRecorder, readRecord, type Recorder, type StageLine } from './record.ts'
import { cutStream, killAndRestart, measureAll, note, noteResources, pause } from './stage.ts'
import type { Held } from './resources.ts'
import { figures, lastLine } from './summary.ts'

const DEAF_TO = 'first'
const MAX_LOGGED = 20
const BRIEF_SHARE = 0.25
const AGEING_SHARE = 0.6
const MAX_POSTURE_AGE = AGENT_DEMAND.posture?.maxAge ?? 0
let logged = 0

/** What is asked for on the command line. */
export interface RunOptions {
  readonly short: boolean
  /** A fault is planted that the judge must find. */
  readonly control?: 'ignore-event'
  /** A file for the counts of the verdicts. */
  readonly report?: string
  /** A folder for the record and the store, which then remain. */
  readonly keep?: string
  /** The folder of the roles' modules. */
  readonly roles: URL
}

/** Runs it all. Gives whether everything held. */
export async function stress({ short, control, report, keep, roles }: RunOptions): Promise<boolean> {
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'comity-stress-'))
  mkdirSync(folder, { recursive: true })
  try {
    const file = join(folder, 'record.ndjson')
    await run(short ? SHORT : FULL, {
      folder,
      file,
      roles,
      deafTo: control === undefined ? undefined : DEAF_TO,
    })
    const record = readRecord(file)
    const verdicts = judge(record)
    for (const { invariant, violations } of verdicts) {
      for (const violation of violations.slice(0, 10)) console.log(`${invariant}: ${violation}`)
      if (violations.length > 10) console.log(`${invariant}: ${violations.length - 10} more`)
    }
    const failed = verdicts.filter(({ violations }) => violations.length > 0).length
    if (report !== undefined) {
      writeFileSync(report, JSON.stringify({ passed: verdicts.length - failed, failed, skipped: 0 }))
    }
    console.log(figures(record))
    console.log(lastLine(record, verdicts))
    return failed === 0
  } finally {
    if (keep === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

interface Place {
  readonly folder: string
  readonly file: string
  readonly roles: URL
  readonly deafTo: string | undefined
}

async function run(plan: Plan, { folder, file, roles, deafTo }: Place): Promise<void> {
  const recorder = createRecorder(file)
  recorder.write({
    kind: 'start',
    t: Date.now(),
    revocationMs: REVOCATION_MS,
    leaseMs: plan.leaseSeconds * 1000,
    toleranceMs: TOLERANCE_MS,
    memoryBytes: plan.memoryBytes,
    handles: plan.handles,
    needs: plan.needs,
  })
  const cast = await startCast({
    plan,
    roles,
    store: join(folder, 'globex.sqlite'),
    deafTo,
    onLog: (process, line) => takeLog(recorder, process, line),
  })
  try {
    await perform(cast, plan, recorder)
  } finally {
    await cast.stop()
    await recorder.close()
  }
}

async function perform(cast: Cast, plan: Plan, recorder: Recorder): Promise<void> {
  const surroundings = createSurroundings(cast, recorder)
  let enrolled = 0
  let revoked = 0
  const enroll = async (kind: Kind): Promise<Client> =>
    enrollAgent(cast, enrolled++ === 0 ? DEAF_TO : `agent-${enrolled}`, kind, plan)
  const revoke = async (did: string): Promise<number | undefined> => {
    if (++revoked > plan.maxRevoked) return undefined
    const requestedAt = Date.now()
    const acknowledgedAt = await cast.acme.call('revoke', { did })
    recorder.write({ kind: 'revoked', agent: did, requestedAt, acknowledgedAt })
    return acknowledgedAt
  }

  const opener = await enroll('lasting')
  for (const target of ['one', 'two'] as const) await connect(opener, target, surroundings)
  const report = (held: Readonly<Record<string, Held>>, at: 'idle' | 'steady' | 'end'): void => {
    for (const line of noteResources(held, at, recorder)) console.log(line)
  }
  const idle = await measureAll(cast)
  report(idle, 'idle')

  const pace = startPace(plan, recorder)
  const stage = { cast, plan, recorder, pace }
  const life = { surroundings, plan, pace, enroll, revoke }
  const lives = Array.from({ length: plan.agents }, (_, index) =>
    liveOn(hireFor(index, life), life, index === 0 ? workByHand(opener, surroundings) : undefined),
  )
  const disturbances = [killAndRestart(stage), cutStream(stage)]
  const steady = pause(plan.leastMs / 2, pace).then(async () => {
    report(await measureAll(cast), 'steady')
  })
  const departed = (await Promise.all(lives)).flat()
  await Promise.all([...disturbances, steady])
  await rest(plan)
  report(await measureAtRest(cast, plan, idle), 'end')
  await tryAll(departed)
  note(recorder, 'end', '')
}

/** One agent in three works with the library, and most of those show a fresh posture when they are asked to. */
function hireFor(index: number, { surroundings, enroll }: LifeOptions): Hire {
  if (index % LIBRARY_SHARE !== 1) {
    return async () =>
      workByHand(await enroll(Math.random() < BRIEF_SHARE ? 'brief' : 'lasting'), surroundings)
  }
  return async () =>
    workByLibrary(await enroll(Math.random() < AGEING_SHARE ? 'ageing' : 'lasting'), surroundings)
}

/** Until the last revocation must be known everywhere, and idle connections are gone. */
async function rest({ restMs, leaseSeconds }: Plan): Promise<void> {
  await sleep(Math.max(restMs, leaseSeconds * 1000 + 500))
}

/** What the processes hold once they have come to rest, which may take a busy machine a moment longer. */
async function measureAtRest(
  cast: Cast,
  { handles, endMs }: Plan,
  idle: Readonly<Record<string, Held>>,
): Promise<Readonly<Record<string, Held>>> {
  const until = Date.now() + endMs / 2
  for (;;) {
    const held = await measureAll(cast)
    const isAtRest = Object.entries(held).every(
      ([name, each]) => each.handles - (idle[name]?.handles ?? 0) <= handles,
    )
    if (isAtRest || Date.now() > until) return held
    await sleep(300)
  }
}

async function tryAll(departed: readonly Departed[]): Promise<void> {
  const queue = [...departed]
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const target of ['one', 'two'] as const) await next.tryAt(target, 'end')
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
}

function createSurroundings(cast: Cast, recorder: Recorder): ClientSurroundings {
  const { origins, ca, origin, dids } = cast
  const fetch = reach(origins, ca)
  const resolver = createDidResolver({ fetch })
  return {
    fetch,
    recorder,
    gateway: dids.gateway,
    origin,
    origins: {
      any: origin,
      one: `https://localhost:${cast.one.port}`,
      two: `https://localhost:${cast.two.port}`,
    },
    evidence: {
      resolver,
      trust: { judge: () => Promise.resolve({ accepted: true, reason: 'stress' }) },
      status: createStatusChecker({ fetch, resolver }),
      cache: createSignatureCache(),
    },
  }
}

async function enrollAgent({ acme, dids }: Cast, name: string, kind: Kind, plan: Plan): Promise<Client> {
  const did = `${dids.acme}:agents:${name}`
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  const { tokens, endsAt, assessedAt, fresh } = await acme.call('enroll', {
    did,
    jwk: signer.publicJwk,
    lifetimeSeconds: kind === 'brief' ? plan.briefSeconds : 3600,
    ...(kind === 'ageing' ? { postureAge: MAX_POSTURE_AGE - plan.staleSeconds } : {}),
  })
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  for (const token of tokens) await wallet.addCredential(token, { release: 'public' })
  return {
    did,
    wallet,
    evidenceEndsAt: endsAt,
    ...(fresh === undefined ? {} : { fresh, postureEndsAt: assessedAt + MAX_POSTURE_AGE * 1000 }),
  }
}

/** Acme's log has lines for the record; faults that processes log are for people. */
function takeLog(recorder: Recorder, name: string, line: string): void {
  if (name === 'acme' && line.startsWith('{"kind":"stage"')) recorder.write(JSON.parse(line) as StageLine)
  else if (!line.startsWith('{') || line.includes('"level":"error"')) {
    if (++logged <= MAX_LOGGED) console.log(`${name}: ${line}`)
  }
}
