import type { SignatureAlgorithm } from '../../../src/keys/index.ts'
import { verifyDpopProof } from '../../../src/session/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { judgeCall, type Driver, type VectorCase, type Verdict } from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** Proofs of possession (RFC 9449). */
export const dpop: Driver = byShape({
  proofs: { has: ['proof', 'request', 'context'], judge: judgeProof },
})

interface Context {
  readonly now: number
  readonly maxAgeSeconds: number
  readonly clockToleranceSeconds: number
  readonly algorithms: readonly SignatureAlgorithm[]
  readonly expectedJkt?: string
  readonly expectedNonce?: string
  readonly seenJti?: unknown
}

async function judgeProof(entry: VectorCase): Promise<Verdict> {
  const { now, maxAgeSeconds, clockToleranceSeconds, algorithms, ...context } = entry['context'] as Context
  const options = {
    ...(entry['request'] as { method: string; url: string; accessToken?: string }),
    now,
    maxAge: maxAgeSeconds,
    clockTolerance: clockToleranceSeconds,
    algorithms,
    replay: createMemoryStore({ clock: { now: () => now } }),
    ...(context.expectedJkt === undefined ? {} : { jkt: context.expectedJkt }),
    ...(context.expectedNonce === undefined ? {} : { nonces: [context.expectedNonce] }),
  }
  const proof = String(entry['proof'])
  return judgeCall(entry, async () => {
    // Seen is what was shown: where it is the `jti` of this proof that was seen, the proof is shown before.
    if ([context.seenJti].flat().includes(jtiOf(proof))) await verifyDpopProof(proof, options)
    await verifyDpopProof(proof, options)
  })
}

/** The proof's `jti`; a text that no `jti` is where it cannot be read. */
function jtiOf(proof: string): unknown {
  try {
    return JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString()).jti ?? ''
  } catch {
    return ''
  }
}
