/**
 * Fifty agents against two gateway processes that share one store file, while one of them is killed again and again
 * and the event stream is cut. What held is judged afterwards, from what the clients wrote down.
 *
 * npm run stress [-- --short] [--control ignore-event] [--report FILE] [--keep FOLDER]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { reach } from '../../src/cli/demo/roles/connectivity.ts'
import { createSignatureCache } from '../../src/credentials/index.ts'
import { createDidResolver } from '../../src/did/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createStatusChecker } from '../../src/status/index.ts'
import { createMemoryWallet } from '../../src/wallet/index.ts'
import { startCast, type Cast } from './cast.ts'
import { connect, type Client, type ClientSurroundings } from './client-session.ts'
import { judge } from './judge.ts'
import { liveOn, tryAtEnd, type Departed } from './life.ts'
import { FULL, REVOCATION_MS, SHORT, TOLERANCE_MS, type Plan } from './plan.ts'
import { createRecorder, readRecord, type Recorder, type StageLine } from './record.ts'
import { cutStream, killAndRestart, measureAll, note } from './stage.ts'
import { figures, lastLine } from './summary.ts'

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    control: { type: 'string' },
    report: { type: 'string' },
    keep: { type: 'string' },
  },
})
if (values.control !== undefined && values.control !== 'ignore-event') {
  throw new TypeError('the only control is `ignore-event`')
}

const DEAF_TO = 'first'
const MAX_LOGGED = 20
let logged = 0

const plan = values.short ? SHORT : FULL
const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'comity-stress-'))
mkdirSync(folder, { recursive: true })
const file = join(folder, 'record.ndjson')
try {
  await run(plan, file)
  const record = readRecord(file)
  const verdicts = judge(record)
  for (const { invariant, violations } of verdicts) {
    for (const violation of violations.slice(0, 10)) console.log(`${invariant}: ${violation}`)
    if (violations.length > 10) console.log(`${invariant}: ${violations.length - 10} more`)
  }
  const failed = verdicts.filter(({ violations }) => violations.length > 0).length
  if (values.report !== undefined) {
    const counts = { passed: verdicts.length - failed, failed, skipped: 0 }
    writeFileSync(values.report, JSON.stringify(counts))
  }
  console.log(figures(record))
  console.log(lastLine(record, verdicts))
  process.exitCode = failed > 0 ? 1 : 0
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true })
}

async function run(plan: Plan, file: string): Promise<void> {
  const recorder = createRecorder(file)
  recorder.write({
    kind: 'start',
    t: Date.now(),
    revocationMs: REVOCATION_MS,
    leaseMs: plan.leaseSeconds * 1000,
    toleranceMs: TOLERANCE_MS,
    memoryBytes: plan.memoryBytes,
    handles: plan.handles,
  })
  const cast = await startCast({
    plan,
    store: join(folder, 'globex.sqlite'),
    deafTo: values.control === undefined ? undefined : DEAF_TO,
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
  let count = 0
  const enroll = async (isBrief: boolean): Promise<Client> =>
    enrollAgent(
      cast,
      count === 0 ? DEAF_TO : `agent-${count}`,
      ++count > 1 && isBrief ? plan.briefSeconds : 3600,
    )
  const revoke = async (did: string): Promise<number> => {
    const requestedAt = Date.now()
    const acknowledgedAt = await cast.acme.call('revoke', { did })
    recorder.write({ kind: 'revoked', agent: did, requestedAt, acknowledgedAt })
    return acknowledgedAt
  }

  const opener = await enroll(false)
  for (const target of ['one', 'two'] as const) await connect(opener, target, surroundings)
  const stage = { cast, plan, recorder }
  const report = async (at: 'idle' | 'steady' | 'end'): Promise<void> => {
    for (const line of await measureAll(stage, at)) console.log(line)
  }
  await report('idle')

  const loadMs = loadFor(plan)
  const end = Date.now() + loadMs
  const isOver = (): boolean => Date.now() >= end
  const life = { surroundings, plan, enroll, revoke, isOver }
  const lives = Array.from({ length: plan.agents }, (_, index) =>
    liveOn(life, index === 0 ? opener : undefined),
  )
  const disturbances = [killAndRestart({ ...stage, isOver }), cutStream({ ...stage, isOver })]
  const steady = sleep(loadMs / 2).then(() => report('steady'))
  const departed = (await Promise.all(lives)).flat()
  await Promise.all([...disturbances, steady])
  await rest(plan)
  await report('end')
  await tryAll(departed, surroundings)
  note(recorder, 'end', '')
}

/** What is left for the load, in milliseconds, of the time for everything. */
function loadFor({ loadMs, withinMs, restMs, endMs }: Plan): number {
  const left = withinMs - restMs - endMs - performance.now()
  return Math.max(10_000, Math.min(loadMs, left))
}

/** Until the last revocation must be known everywhere, and idle connections are gone. */
async function rest({ restMs, leaseSeconds }: Plan): Promise<void> {
  await sleep(Math.max(restMs, leaseSeconds * 1000 + 500))
}

async function tryAll(departed: readonly Departed[], surroundings: ClientSurroundings): Promise<void> {
  const queue = [...departed]
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      await tryAtEnd(next, surroundings)
  }
  await Promise.all(Array.from({ length: 16 }, work))
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

async function enrollAgent({ acme, dids }: Cast, name: string, lifetimeSeconds: number): Promise<Client> {
  const did = `${dids.acme}:agents:${name}`
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  const { tokens, endsAt } = await acme.call('enroll', { did, jwk: signer.publicJwk, lifetimeSeconds })
  const wallet = createMemoryWallet()
  await wallet.addKey(did, signer)
  for (const token of tokens) await wallet.addCredential(token, { release: 'public' })
  return { did, wallet, evidenceEndsAt: endsAt }
}

/** Acme's log has lines for the record; faults that processes log are for people. */
function takeLog(recorder: Recorder, name: string, line: string): void {
  if (name === 'acme' && line.startsWith('{"kind":"stage"')) recorder.write(JSON.parse(line) as StageLine)
  else if (!line.startsWith('{') || line.includes('"level":"error"')) {
    if (++logged <= MAX_LOGGED) console.log(`${name}: ${line}`)
  }
}
