import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import type { SignatureAlgorithm } from '../../src/keys/index.ts'
import { verifyDpopProof } from '../../src/session/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { loadVectors, type VectorCase } from '../support/vectors.ts'
import { failureOf, stoppedClock } from './support.ts'

interface ProofCase extends VectorCase {
  readonly proof: string
  readonly request: { method: string; url: string; accessToken?: string }
  readonly context: {
    now: number
    maxAgeSeconds: number
    clockToleranceSeconds: number
    algorithms: SignatureAlgorithm[]
    expectedJkt?: string
    expectedNonce?: string
    seenJti?: string
  }
}

const cases = loadVectors<ProofCase>('dpop', 'proofs')

/** Runs a case on a store of its own; where the `jti` was seen, the proof is shown twice. */
async function run({ proof, request, context }: ProofCase): Promise<unknown> {
  const { now, maxAgeSeconds, clockToleranceSeconds, algorithms, expectedJkt, expectedNonce } = context
  const options = {
    ...request,
    now,
    maxAge: maxAgeSeconds,
    clockTolerance: clockToleranceSeconds,
    algorithms,
    replay: createMemoryStore({ clock: stoppedClock(now) }),
    ...(expectedJkt === undefined ? {} : { jkt: expectedJkt }),
    ...(expectedNonce === undefined ? {} : { nonces: [expectedNonce] }),
  }
  if (context.seenJti !== undefined) await verifyDpopProof(proof, options)
  return await failureOf(() => verifyDpopProof(proof, options))
}

describe.skipIf(cases === undefined)('DPoP vectors (skipped where shared/vectors is not there)', () => {
  it('refuses with a code of DPoP, and tells nothing of the proof', async () => {
    for (const entry of cases ?? []) {
      const failure = await run(entry)
      if (failure === undefined) continue
      expect(failure, entry.id).toBeInstanceOf(ComityError)
      expect((failure as ComityError).code).toMatch(/^COMITY_DPOP_/)
      expect(JSON.stringify(failure)).not.toContain(entry.proof.split('.')[1] ?? entry.proof)
    }
  })

  it('refuses each valid proof when it is shown again', async () => {
    for (const entry of cases ?? []) {
      if (entry.expected.result !== 'valid') continue
      const again = await run({ ...entry, context: { ...entry.context, seenJti: 'its own' } })
      expect(again, entry.id).toHaveProperty('code', 'COMITY_DPOP_REPLAYED')
    }
  })
})
