import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { loadArtifacts } from '../../../src/zk/prove.ts'
import { createProofQueue } from '../../../src/zk/prove/proof-queue.ts'
import { errorOf, type ProofThread } from '../../../src/zk/prove/proof-thread-client.ts'

const FILES = ['compliance.wasm', 'compliance.zkey', 'verification_key.json']
const artifact = { sha256: '0'.repeat(64), bytes: 2 }
const manifest = {
  setup: 'ceremony',
  artifacts: Object.fromEntries(FILES.map((file) => [file, artifact])),
  r1cs: { sha256: artifact.sha256, constraints: 1 },
}

function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'comity-provoke-'))
  for (const [name, json] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(json))
  return folder
}

/** A thread that never answers, or ends. */
const silent = (): ProofThread => ({
  ready: Promise.resolve(),
  ask: () => new Promise(() => undefined),
  ended: false,
  stop: async () => undefined,
  hold: () => undefined,
})
const question = { input: {} as never }

/** For each code of the area, a call of its functions that fails with exactly that code. */
export const zkProve = {
  COMITY_ZK_MANIFEST_INVALID: () => loadArtifacts(folderWith({ 'manifest.json': {} })),
  COMITY_ZK_ARTIFACT_MISMATCH: () =>
    loadArtifacts(folderWith({ 'manifest.json': manifest, 'verification_key.json': {} })),
  COMITY_ZK_ARTIFACT_UNREADABLE: () => loadArtifacts(folderWith({ 'manifest.json': manifest })),
  COMITY_ZK_PROVER_BUSY: () => {
    const queue = createProofQueue({ workers: 1, maxQueued: 0, start: silent })
    void queue.ask(question)
    return queue.ask(question)
  },
  COMITY_ZK_PROVER_CLOSED: async () => {
    const queue = createProofQueue({ workers: 1, maxQueued: 0, start: silent })
    await queue.close()
    return queue.ask(question)
  },
  COMITY_ZK_UNSATISFIED: () => Promise.reject(errorOf({ kind: 'refused', reason: 4 })),
  COMITY_ZK_PROOF_FAULTY: () => Promise.reject(errorOf({ kind: 'faulty' })),
  COMITY_ZK_SNARKJS_MISSING: () => Promise.reject(errorOf({ kind: 'missing' })),
  COMITY_ZK_PROVER_CRASHED: () => Promise.reject(errorOf({ kind: 'failed', name: 'Error' })),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
