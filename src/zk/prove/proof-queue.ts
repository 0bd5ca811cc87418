import { NetworkError, PolicyError } from '../../errors/index.ts'
import type { Groth16Proof } from '../groth16.ts'
import type { Question } from './messages.ts'
import type { ProofThread } from './proof-thread-client.ts'

/** Proofs to be made, over a few threads. */
export interface ProofQueue {
  /**
   * Makes one proof, when a thread is free.
   *
   * @throws {PolicyError} `COMITY_ZK_PROVER_BUSY`.
   * @throws {NetworkError} `COMITY_ZK_PROVER_CLOSED`.
   */
  ask(question: Omit<Question, 'id'>, signal?: AbortSignal): Promise<Groth16Proof>
  /** Starts all threads, and waits until they are ready. */
  warm(): Promise<void>
  /** Ends all. */
  close(): Promise<void>
}

/** How a queue works. */
export interface ProofQueueOptions {
  /** How many threads. */
  readonly workers: number
  /** How many questions may wait. */
  readonly maxQueued: number
  /** Starts a thread. */
  readonly start: () => ProofThread
  /** After how many proofs a thread is replaced, for what it may have piled up. Defaults to 256. */
  readonly proofsPerThread?: number
}

interface Job {
  readonly question: Omit<Question, 'id'>
  readonly resolve: (proof: Groth16Proof) => void
  readonly reject: (reason: Error) => void
  /** Stops the thread that works on it. */
  stop?: () => void
}

/** A place for one thread. */
interface Slot {
  thread: ProofThread | undefined
  proofs: number
  job: Job | undefined
}

/** What a queue is made of. */
interface State extends Required<ProofQueueOptions> {
  readonly slots: readonly Slot[]
  readonly waiting: Job[]
  /** Set when the queue is closed: resolves when all threads are gone. */
  closing: Promise<void> | undefined
}

/** Makes a {@link ProofQueue}. */
export function createProofQueue(options: ProofQueueOptions): ProofQueue {
  const slots = Array.from({ length: options.workers }, (): Slot => ({
    thread: undefined,
    proofs: 0,
    job: undefined,
  }))
  const state: State = { proofsPerThread: 256, ...options, slots, waiting: [], closing: undefined }
  return {
    async ask(question, signal) {
      signal?.throwIfAborted()
      if (state.closing !== undefined) throw closedError()
      const isFree = slots.some(({ job }) => job === undefined)
      if (!isFree && state.waiting.length >= state.maxQueued) {
        throw new PolicyError('COMITY_ZK_PROVER_BUSY', 'too many proofs wait to be made', {
          details: { waiting: state.waiting.length },
        })
      }
      return await enqueue(state, question, signal)
    },
    async warm() {
      if (state.closing !== undefined) throw closedError()
      await Promise.all(slots.map(async (slot) => await readyThread(threadOf(state, slot))))
    },
    close: async () => await (state.closing ??= closeAll(state)),
  }
}

function threadOf({ start }: State, slot: Slot): ProofThread {
  if (slot.thread !== undefined && !slot.thread.ended) return slot.thread
  const thread = start()
  thread.hold(false)
  slot.thread = thread
  slot.proofs = 0
  return thread
}

function dispatch(state: State): void {
  if (state.closing !== undefined) return
  const slot = state.slots.find((candidate) => candidate.job === undefined)
  const job = slot === undefined ? undefined : state.waiting.shift()
  if (slot === undefined || job === undefined) return
  slot.job = job
  void run(state, slot, job)
  dispatch(state)
}

async function run(state: State, slot: Slot, job: Job): Promise<void> {
  const thread = threadOf(state, slot)
  thread.hold(true)
  job.stop = () => void thread.stop()
  try {
    await thread.ready
    job.resolve(await thread.ask(job.question))
  } catch (error) {
    job.reject(error as Error)
  }
  slot.proofs++
  thread.hold(false)
  if (thread.ended || slot.proofs >= state.proofsPerThread) {
    await thread.stop() // one thread's memory at a time
    slot.thread = undefined
    if (state.closing === undefined) threadOf(state, slot)
  }
  slot.job = undefined
  dispatch(state)
}

async function closeAll({ waiting, slots }: State): Promise<void> {
  for (const job of waiting.splice(0)) job.reject(closedError())
  for (const { job } of slots) job?.reject(closedError())
  await Promise.all(slots.map(async ({ thread }) => await thread?.stop()))
}

/** Waits for a thread, which nobody else may be waiting for. */
async function readyThread(thread: ProofThread): Promise<void> {
  thread.hold(true)
  try {
    await thread.ready
  } finally {
    thread.hold(false)
  }
}

async function enqueue(
  state: State,
  question: Omit<Question, 'id'>,
  signal: AbortSignal | undefined,
): Promise<Groth16Proof> {
  const { waiting } = state
  let abort = (): void => undefined
  try {
    return await new Promise((resolve, reject) => {
      const job: Job = { question, resolve, reject }
      abort = () => {
        const place = waiting.indexOf(job)
        if (place >= 0) waiting.splice(place, 1)
        reject(signal?.reason as Error)
        job.stop?.()
      }
      signal?.addEventListener('abort', abort, { once: true })
      waiting.push(job)
      dispatch(state)
    })
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function closedError(): NetworkError {
  return new NetworkError('COMITY_ZK_PROVER_CLOSED', 'the prover is closed')
}
