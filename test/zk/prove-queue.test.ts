import { describe, expect, it } from 'vitest'
import type { Groth16Proof } from '../../src/zk/index.ts'
import type { Question } from '../../src/zk/prove/messages.ts'
import { createProofQueue } from '../../src/zk/prove/proof-queue.ts'
import { errorOf, type ProofThread } from '../../src/zk/prove/proof-thread-client.ts'
import { rejectionOf } from './support/code-of.ts'

const POINT = { x: 1n, y: 2n }
const PROOF: Groth16Proof = { a: POINT, b: { x: { c0: 1n, c1: 1n }, y: { c0: 1n, c1: 1n } }, c: POINT }
const crash = (): Error => errorOf({ kind: 'failed', name: 'exit' })

/** A thread that answers when the test says so. */
interface FakeThread extends ProofThread {
  readonly asked: Omit<Question, 'id'>[]
  answer(): void
  crash(): void
  held: boolean
}

function createThreads() {
  const threads: FakeThread[] = []
  const start = (): ProofThread => {
    const waiting: { resolve: (proof: Groth16Proof) => void; reject: (error: Error) => void }[] = []
    let ended = false
    const thread: FakeThread = {
      ready: Promise.resolve(),
      asked: [],
      held: true,
      ask: (question) => {
        thread.asked.push(question)
        return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
      },
      get ended() {
        return ended
      },
      answer: () => waiting.shift()?.resolve(PROOF),
      crash: () => {
        ended = true
        for (const { reject } of waiting.splice(0)) reject(crash())
      },
      stop: async () => thread.crash(),
      hold: (held) => {
        thread.held = held
      },
    }
    threads.push(thread)
    return thread
  }
  return { threads, start, alive: () => threads.filter(({ ended }) => !ended).length }
}

const question = (statement: bigint): Omit<Question, 'id'> => ({ input: {} as never, statement })
const settle = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the queue of a prover', () => {
  it('gives each thread one proof at a time, in the order in which they were asked for', async () => {
    const { threads, start } = createThreads()
    const queue = createProofQueue({ workers: 2, maxQueued: 8, start })
    const all = [1n, 2n, 3n].map(async (statement) => await queue.ask(question(statement)))
    await settle()
    expect(threads.map(({ asked }) => asked.map(({ statement }) => statement))).toEqual([[1n], [2n]])
    threads[1]?.answer()
    await settle()
    expect(threads[1]?.asked).toHaveLength(2)
    threads[0]?.answer()
    threads[1]?.answer()
    expect(await Promise.all(all)).toEqual([PROOF, PROOF, PROOF])
  })

  it('refuses more than may wait', async () => {
    const { threads, start } = createThreads()
    const queue = createProofQueue({ workers: 1, maxQueued: 1, start })
    const first = queue.ask(question(1n))
    const second = queue.ask(question(2n))
    expect(await rejectionOf(async () => await queue.ask(question(3n)))).toBe('COMITY_ZK_PROVER_BUSY')
    await settle()
    threads[0]?.answer()
    await first
    await settle()
    threads[0]?.answer()
    await second
  })

  it('replaces a thread that fails, and goes on', async () => {
    const { threads, start, alive } = createThreads()
    const queue = createProofQueue({ workers: 1, maxQueued: 1, start })
    const failing = queue.ask(question(1n))
    const next = queue.ask(question(2n))
    await settle()
    threads[0]?.crash()
    expect(await rejectionOf(async () => await failing)).toBe('COMITY_ZK_PROVER_CRASHED')
    await settle()
    expect(threads).toHaveLength(2)
    expect(alive()).toBe(1)
    threads[1]?.answer()
    expect(await next).toEqual(PROOF)
  })

  it('stops the thread of a proof that is not wanted any more, and takes one that waits out of the queue', async () => {
    const { threads, start, alive } = createThreads()
    const queue = createProofQueue({ workers: 1, maxQueued: 2, start })
    const [running, waiting] = [new AbortController(), new AbortController()]
    const first = queue.ask(question(1n), running.signal)
    const second = queue.ask(question(2n), waiting.signal)
    const third = queue.ask(question(3n))
    await settle()
    waiting.abort()
    await expect(second).rejects.toHaveProperty('name', 'AbortError')
    expect(threads[0]?.ended).toBe(false)
    running.abort()
    await expect(first).rejects.toHaveProperty('name', 'AbortError')
    await settle()
    expect(threads[0]?.ended).toBe(true)
    expect(alive()).toBe(1)
    expect(threads[1]?.asked.map(({ statement }) => statement)).toEqual([3n])
    threads[1]?.answer()
    await third
    await expect(queue.ask(question(4n), AbortSignal.abort())).rejects.toHaveProperty('name', 'AbortError')
  })

  it('replaces a thread that has made many proofs, and lets the process end while it is idle', async () => {
    const { threads, start, alive } = createThreads()
    const queue = createProofQueue({ workers: 1, maxQueued: 1, start, proofsPerThread: 2 })
    for (const [statement, thread] of [
      [1n, 0],
      [2n, 0],
      [3n, 1],
    ] as const) {
      const proof = queue.ask(question(statement))
      await settle()
      expect(threads[thread]?.held).toBe(true)
      threads[thread]?.answer()
      await proof
      await settle()
      expect(threads[thread]?.held).toBe(false)
    }
    expect(alive()).toBe(1)
  })

  it('ends all when it is closed', async () => {
    const { threads, start, alive } = createThreads()
    const queue = createProofQueue({ workers: 2, maxQueued: 4, start })
    await queue.warm()
    expect(threads).toHaveLength(2)
    const due = [1n, 2n, 3n].map(async (statement) =>
      rejectionOf(async () => await queue.ask(question(statement))),
    )
    await settle()
    await queue.close()
    expect(await Promise.all(due)).toEqual(Array(3).fill('COMITY_ZK_PROVER_CLOSED'))
    await settle()
    expect(alive()).toBe(0)
    expect(await rejectionOf(async () => await queue.ask(question(1n)))).toBe('COMITY_ZK_PROVER_CLOSED')
    expect(await rejectionOf(async () => await queue.warm())).toBe('COMITY_ZK_PROVER_CLOSED')
  })

  it('has an error for each failure of a thread', () => {
    expect(errorOf({ kind: 'missing' })).toHaveProperty('code', 'COMITY_ZK_SNARKJS_MISSING')
    expect(errorOf({ kind: 'faulty' })).toHaveProperty('code', 'COMITY_ZK_PROOF_FAULTY')
    expect(errorOf({ kind: 'refused', reason: 4 })).toHaveProperty('code', 'COMITY_ZK_UNSATISFIED')
    expect(errorOf({ kind: 'refused', reason: 1 })).toBeInstanceOf(TypeError)
    expect(errorOf({ kind: 'other-statement' })).toBeInstanceOf(TypeError)
    expect(crash()).toHaveProperty('code', 'COMITY_ZK_PROVER_CRASHED')
  })
})
