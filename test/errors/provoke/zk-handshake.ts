import { parseDemand } from '../../../src/demand/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { takeProof } from '../../../src/gateway/compliance-verifier.ts'
import { askedProofs } from '../../../src/handshake/compliance-evidence.ts'
import { createMemoryStore } from '../../../src/store/index.ts'

const demand = parseDemand({ anyone: true })
const trust = { verify: () => Promise.reject(new Error('asked')) }
const items = [{ query: 'a', format: 'comity-zk', value: 'proof' }]
const proving = { demand, key: 'key' }

async function takeTwice(): Promise<void> {
  const store = createMemoryStore()
  const proof = { challenge: 'challenge', expiresAt: Date.now() / 1000 + 60 }
  await takeProof(proof, store)
  await takeProof(proof, store)
}

export const zkHandshake = {
  COMITY_ZK_PROOF_MISPLACED: () => askedProofs(items, undefined, trust),
  COMITY_ZK_NOT_JUDGED: () => askedProofs(items, proving, undefined),
  COMITY_ZK_PROOF_UNASKED: () => askedProofs(items, proving, trust),
  COMITY_ZK_PROOF_REPLAYED: takeTwice,
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
