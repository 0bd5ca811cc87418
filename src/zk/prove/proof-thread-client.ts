import { availableParallelism } from 'node:os'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { NetworkError, PolicyError, VerificationError, type ComityError } from '../../errors/index.ts'
import type { Groth16Proof } from '../groth16.ts'
import type { ProverArtifacts } from './artifacts.ts'
import type { Answer, ProofThreadData, Question, ThreadFailure } from './messages.ts'
import { startThread } from './thread.ts'

/** A thread that proves, seen from the one that asks. */
export interface ProofThread {
  /** Resolves when it takes questions; rejects when it cannot be had. */
  readonly ready: Promise<void>
  /** Asks for a proof. One at a time. */
  ask(question: Omit<Question, 'id'>): Promise<Groth16Proof>
  /** Whether it has ended or is about to. */
  readonly ended: boolean
  /** Ends it, whatever it does, and waits until it is gone. */
  stop(): Promise<void>
  /** Says whether the process stays alive for its sake. */
  hold(held: boolean): void
}

interface Waiter {
  readonly resolve: (proof: Groth16Proof) => void
  readonly reject: (error: Error) => void
}

const OWN = import.meta.url.endsWith('.ts') ? './proof-thread.ts' : './proof-thread.js'
/** The heap of JavaScript; the points of the key and the memory of the curve are outside of it. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 }
/** More than this gains little for one proof, and a server has other work to do. */
const MOST_THREADS = 4
/** The circuit's number for a rule that does not hold. */
const ASSERT_FAILED = 4

/**
 * How many threads compute for one proof.
 *
 * @param workers - How many proofs are made at the same time.
 */
export function computeThreadsFor(workers: number): number {
  return Math.max(1, Math.min(MOST_THREADS, Math.floor(availableParallelism() / workers)))
}

/**
 * Starts a thread that proves.
 *
 * @param artifacts - What it proves with.
 * @param threads - How many threads it computes with.
 */
export function startProofThread(artifacts: ProverArtifacts, threads: number): ProofThread {
  const { port1: port, port2 } = new MessageChannel()
  const { circuit, zkey, verificationKeyJson: verificationKey } = artifacts
  const data: ProofThreadData = { port: port2, circuit, zkey, verificationKey, threads }
  const worker = startThread(
    new URL(OWN, import.meta.url),
    { ...data },
    {
      transferList: [port2],
      resourceLimits: RESOURCE_LIMITS,
    },
  )
  const client = listen(port)
  worker.once('error', () => client.end(crashed()))
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      client.end(crashed())
      port.close()
      resolve()
    })
  })
  return {
    ready: client.ready,
    ask: async (question) => await client.ask(question),
    get ended() {
      return client.ended()
    },
    async stop() {
      client.end(crashed())
      await worker.terminate()
      await exited
    },
    hold(held) {
      if (held) worker.ref()
      else worker.unref()
    },
  }
}

interface Client {
  readonly ready: Promise<void>
  ask(question: Omit<Question, 'id'>): Promise<Groth16Proof>
  ended(): boolean
  end(error: Error): void
}

function listen(port: MessagePort): Client {
  const waiting = new Map<number, Waiter>()
  let count = 0
  let over: Error | undefined
  let setReady = (): void => undefined
  let setUnready = (_error: Error): void => undefined
  const ready = new Promise<void>((resolve, reject) => {
    setReady = resolve
    setUnready = reject
  })
  ready.catch(() => undefined) // nobody may be waiting for it
  const end = (error: Error): void => {
    over ??= error
    setUnready(over)
    for (const { reject } of waiting.values()) reject(over)
    waiting.clear()
  }
  port.on('message', ({ ready: isReady, id, proof, failure }: Answer) => {
    if (isReady === true) {
      setReady()
      return
    }
    if (id === undefined) {
      end(failure === undefined ? crashed() : errorOf(failure))
      return
    }
    const waiter = waiting.get(id)
    waiting.delete(id)
    if (proof !== undefined) waiter?.resolve(proof)
    else waiter?.reject(failure === undefined ? crashed() : errorOf(failure))
  })
  port.unref()
  return {
    ready,
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (over !== undefined) {
          reject(over)
          return
        }
        const id = ++count
        waiting.set(id, { resolve, reject })
        port.postMessage({ ...question, id } satisfies Question)
      }),
    ended: () => over !== undefined,
    end,
  }
}

/** The error for what a thread says. */
export function errorOf(failure: ThreadFailure): Error {
  switch (failure.kind) {
    case 'refused':
      if (failure.reason !== ASSERT_FAILED) return new TypeError('the input does not fit the circuit')
      return new PolicyError('COMITY_ZK_UNSATISFIED', 'a rule of the circuit does not hold for the input')
    case 'other-statement':
      return new TypeError('the input is not of the statement')
    case 'faulty':
      return new VerificationError('COMITY_ZK_PROOF_FAULTY', 'the proof that was made does not verify')
    case 'missing':
      return new NetworkError('COMITY_ZK_SNARKJS_MISSING', 'install snarkjs to make compliance proofs')
    case 'failed':
      return crashed(failure.name)
  }
}

function crashed(name = 'exit'): ComityError {
  return new NetworkError('COMITY_ZK_PROVER_CRASHED', 'the thread that makes proofs has failed', {
    details: { name },
  })
}
