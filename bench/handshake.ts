import { startHttpsContenders } from './handshake-https.ts'
import { createComityPair } from './support/comity-pair.ts'
import { interleave, ratio, type Contender, type Effort, type Measured } from './support/interleave.ts'
import { profile } from './support/profile.ts'
import type { RawCrypto } from './support/raw-crypto.ts'
import { rawInitiator, rawResponder, type RawSizes } from './support/raw-handshake.ts'
import { joseCrypto } from './support/raw-jose.ts'
import { nodeCrypto } from './support/raw-node.ts'
import { figure, type BenchResult, type Report } from './support/result.ts'
import { median, percentile } from './support/statistics.ts'

/** How much the benchmark measures by default. */
export const HANDSHAKE_EFFORT: Effort = { rounds: 15, runs: 60, warmUp: 5 }

const BENCH = 'handshake'
const CASE = 'in process'
const HTTPS = 'over HTTPS'
const AT_ONCE = 6
const GOAL = 1.5

/**
 * A full mutual handshake, both sides in one process, warm caches, against the same cryptographic operations through
 * jose and Web Crypto, and through node:crypto.
 */
export async function benchHandshake(report: Report, effort: Effort = HANDSHAKE_EFFORT): Promise<void> {
  const pair = await createComityPair()
  const sizes = await pair.sizes()
  const comity: Contender = {
    name: 'comity',
    run: async () => {
      await pair.handshake()
    },
  }
  const contenders = [
    comity,
    await rawContender('jose', joseCrypto, sizes),
    await rawContender('node:crypto', nodeCrypto, sizes),
  ]
  const measured = await interleave(contenders, effort)
  for (const result of compare(BENCH, CASE, measured)) report(result)
  const repeat = async (): Promise<void> => {
    for (let run = 0; run < effort.rounds * effort.runs; run += 1) await comity.run()
  }
  for (const [where, share] of await profile(repeat)) {
    report(figure(BENCH, CASE, `profile ${where}`, share * 100, '%'))
  }
  await benchHttps(report, effort)
}

/** The same over loopback HTTPS, against the same operations and two POSTs to a bare server. */
async function benchHttps(report: Report, effort: Effort): Promise<void> {
  const { contenders, close } = await startHttpsContenders()
  try {
    const measured = await interleave(contenders, effort)
    for (const result of compare(BENCH, HTTPS, measured)) report(result)
    for (const contender of contenders) {
      const rate = await rateOf(contender, effort.runs)
      report(figure(BENCH, HTTPS, `${contender.name} rate, ${String(AT_ONCE)} at a time`, rate, '1/s'))
    }
  } finally {
    await close()
  }
}

async function rateOf(contender: Contender, runs: number): Promise<number> {
  await contender.prepare?.(runs)
  const start = performance.now()
  const worker = async (): Promise<void> => {
    for (let run = 0; run < runs; run += 1) await contender.run()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return (AT_ONCE * runs * 1000) / (performance.now() - start)
}

/** The figures of the library's contender and its rivals. */
export function compare(
  bench: string,
  name: string,
  measured: ReadonlyMap<string, Measured>,
): readonly BenchResult[] {
  const { comity, jose } = { comity: measured.get('comity'), jose: measured.get('jose') }
  if (comity === undefined || jose === undefined) throw new Error('a contender is missing')
  return [
    figure(bench, name, 'cpu / jose cpu', ratio(comity, jose), '1', GOAL),
    ...[...measured].flatMap(([contender, { cpu, byProcess, latency }]) => [
      figure(bench, name, `${contender} cpu`, median(cpu), 'µs'),
      ...(Object.keys(byProcess).length < 2
        ? []
        : Object.entries(byProcess).map(([process, spent]) =>
            figure(bench, name, `${contender} cpu of ${process}`, median(spent), 'µs'),
          )),
      figure(bench, name, `${contender} p50`, percentile(latency, 50), 'ms'),
      figure(bench, name, `${contender} p99`, percentile(latency, 99), 'ms'),
      figure(bench, name, `${contender} rate, one at a time`, 1000 / mean(latency), '1/s'),
    ]),
  ]
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

async function rawContender(name: string, crypto: RawCrypto, sizes: RawSizes): Promise<Contender> {
  const [ours, theirs, tokens] = [
    await crypto.generateSigner(),
    await crypto.generateSigner(),
    await crypto.generateSigner(),
  ]
  const [ourKey, theirKey] = [
    await crypto.importVerifier(ours.publicJwk),
    await crypto.importVerifier(theirs.publicJwk),
  ]
  const responder = rawResponder(crypto, { signer: theirs, peer: ourKey, tokens }, sizes)
  return {
    name,
    async run() {
      const initiator = rawInitiator(crypto, { signer: ours, peer: theirKey }, sizes)
      const offer = await responder.offer(await initiator.hello())
      await initiator.finish(await responder.answer(await initiator.present(offer)))
    },
  }
}
