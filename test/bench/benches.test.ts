import { describe, expect, it } from 'vitest'
import { benchEvidence } from '../../bench/evidence.ts'
import { benchHandshake } from '../../bench/handshake.ts'
import { benchSession } from '../../bench/session.ts'
import { benchSpiffe } from '../../bench/spiffe.ts'
import { benchZk } from '../../bench/zk.ts'
import type { BenchResult } from '../../bench/support/result.ts'

const TINY = {
  proofs: { rounds: 1, runs: 1, warmUp: 0 },
  witnesses: 1,
  rounds: 1,
  runs: 2,
  warmUp: 0,
  sessions: 20,
  handshakes: 2,
  entries: 131_072,
  checks: 5,
  changes: 2,
  credentials: 5,
  trustDomains: 50,
  lookUps: 100,
  processes: 1,
}

/** Whether they run and what they say, never how fast: that is for `npm run bench`. */
async function resultsOf(
  bench: (report: (result: BenchResult) => void) => Promise<void>,
): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  await bench((result) => results.push(result))
  return results
}

describe('the benchmarks', () => {
  it.each([
    {
      name: 'evidence',
      run: (report: (result: BenchResult) => void) => benchEvidence(report, TINY),
      goals: [
        'verify vc+jwt, Ed25519: comity cpu / jose cpu',
        'verify vc+jwt, ES256: comity cpu / jose cpu',
        'verify VC 1.1 JWT, ES256: comity cpu / Veramo cpu',
        'verify dc+sd-jwt with key binding, Ed25519: comity cpu / jose cpu',
        'verify dc+sd-jwt with key binding, Ed25519: comity cpu / @sd-jwt cpu',
        'verify dc+sd-jwt with key binding, ES256: comity cpu / jose cpu',
        'verify dc+sd-jwt with key binding, ES256: comity cpu / @sd-jwt cpu',
        'Bitstring list of 131072: check, warm',
        'Bitstring list of 131072: flip, sign and store',
        'issue 5 posture credentials, memory: RSS grown',
        'issue 5 posture credentials, SQLite: RSS grown',
      ],
    },
    {
      name: 'handshake',
      run: (report: (result: BenchResult) => void) => benchHandshake(report, TINY),
      goals: ['in process: cpu / jose cpu', 'over HTTPS: cpu / jose cpu'],
    },
    {
      name: 'session',
      run: (report: (result: BenchResult) => void) => benchSession(report, TINY),
      goals: ['decision: memory cpu / jose cpu', 'memory: RSS grown after them', 'memory: heap of a session'],
    },
    {
      name: 'spiffe',
      run: (report: (result: BenchResult) => void) => benchSpiffe(report, TINY),
      goals: [
        'verify JWT-SVID, ES256: comity cpu / jose cpu',
        'verify X.509-SVID, leaf seen before: comity cpu / Web Crypto cpu',
        'verify X.509-SVID, leaf never seen: comity cpu / Web Crypto cpu',
        'set of 50 trust domains: look-up',
      ],
    },
    {
      name: 'zk',
      run: (report: (result: BenchResult) => void) => benchZk(report, TINY),
      goals: [
        'circuit: constraints',
        'verify a proof: comity cpu / snarkjs cpu',
        'verify a proof of 16: comity, batch cpu / snarkjs cpu',
        'first verification of a process: time p50',
        'prove: comity cpu / snarkjs cpu',
        'prove: comity p50 / snarkjs p50',
        'prove: longest delay of the event loop',
      ],
    },
  ])('$name gives its figures, one object each', { timeout: 180_000 }, async ({ name, run, goals }) => {
    const results = await resultsOf(run)
    for (const result of results) {
      expect(result).toMatchObject({ bench: name, case: expect.any(String), metric: expect.any(String) })
      expect(Number.isFinite(result.value)).toBe(true)
      expect(JSON.parse(JSON.stringify(result))).toEqual(result)
    }
    const promised = results.filter(({ goal }) => goal !== undefined)
    expect(promised.map((result) => `${result.case}: ${result.metric}`)).toEqual(goals)
    expect(promised.every(({ ok }) => typeof ok === 'boolean')).toBe(true)
  })
})
