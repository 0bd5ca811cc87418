import { PolicyError, VerificationError } from '../errors/index.ts'
import type { Clock, Timers } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { decodeRun, digestOf, encodeRun, readRecord, type OpenRun, type StoredRun } from './run-record.ts'

/** Half-open runs live this long, and answers are kept as long, in seconds. */
export const RUN_SECONDS = 120

const MAX_WAIT_MS = 15_000

/** What a body on a known run means. */
export type RunState =
  | {
      readonly kind: 'open'
      readonly run: OpenRun
      /** What the body is remembered by. */
      readonly digest: string
      readonly spend: () => Promise<boolean>
    }
  | { readonly kind: 'answered'; readonly answer: string }

/** The responder's runs, in the store: bounded by {@link RUN_SECONDS}, spent atomically. */
export interface RunRepository {
  /** Keeps a run that has just been offered. */
  open(run: OpenRun): Promise<void>
  /**
   * Finds out what a `present` body means for its run. The same bytes as before wait for the same answer.
   *
   * @throws {VerificationError} `COMITY_HANDSHAKE_STATE` when there is no such run, or no answer came in time.
   * @throws {PolicyError} `COMITY_HANDSHAKE_SPENT` when other bytes have spent it.
   */
  find(sid: string, body: Uint8Array): Promise<RunState>
  /** Keeps the answer for as long as the same bytes, known by their digest, may come again. */
  answer(sid: string, digest: string, answer: string): Promise<void>
}

/** Builds the repository on the store's primitives. */
export function createRunRepository(options: {
  readonly store: Store
  readonly clock: Clock
  readonly timers: Timers
}): RunRepository {
  const { store, clock } = options
  const expiry = (): { expiresAt: number } => ({ expiresAt: clock.now() + RUN_SECONDS })

  async function find(sid: string, body: Uint8Array): Promise<RunState> {
    const stored = await store.get(keyOf(sid))
    if (stored === undefined) throw noSuchRun()
    const digest = digestOf(body)
    const record = readRecord(stored)
    if (record.state === 'open') {
      const spent: StoredRun = { state: 'spent', digest }
      const spend = (): Promise<boolean> =>
        store.compareAndSet(keyOf(sid), stored, JSON.stringify(spent), expiry())
      return { kind: 'open', run: decodeRun(record.run), digest, spend }
    }
    if (record.digest !== digest) {
      throw new PolicyError('COMITY_HANDSHAKE_SPENT', 'the run has been spent by another message', {
        spec: 'comity handshake, cost to a stranger',
      })
    }
    return {
      kind: 'answered',
      answer: record.state === 'answered' ? record.answer : await waitForAnswer(keyOf(sid), options),
    }
  }

  return {
    async open(run) {
      const record: StoredRun = { state: 'open', run: encodeRun(run) }
      await store.put(keyOf(run.sid), JSON.stringify(record), expiry())
    },
    find,
    async answer(sid, digest, answer) {
      const record: StoredRun = { state: 'answered', digest, answer }
      await store.put(keyOf(sid), JSON.stringify(record), expiry())
      await store.publish(keyOf(sid), 'answered')
    },
  }
}

function keyOf(sid: string): string {
  return `handshake/run/${sid}`
}

/** The same bytes came while the first ones were being judged, here or at another instance: wait for the answer. */
async function waitForAnswer(
  key: string,
  { store, timers }: { readonly store: Store; readonly timers: Timers },
): Promise<string> {
  let arrived: (() => void) | undefined
  const signal = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const unsubscribe = await store.subscribe(key, () => arrived?.())
  const cancel = timers.after(MAX_WAIT_MS, () => arrived?.())
  try {
    // The answer may have come before the subscription did.
    const early = await readAnswer(key, store)
    if (early !== undefined) return early
    await signal
    const answer = await readAnswer(key, store)
    if (answer === undefined) throw noSuchRun()
    return answer
  } finally {
    cancel()
    unsubscribe()
  }
}

async function readAnswer(key: string, store: Store): Promise<string | undefined> {
  const stored = await store.get(key)
  const record = stored === undefined ? undefined : readRecord(stored)
  return record?.state === 'answered' ? record.answer : undefined
}

function noSuchRun(): VerificationError {
  return new VerificationError('COMITY_HANDSHAKE_STATE', 'there is no such run', {
    spec: 'comity handshake, messages',
  })
}
