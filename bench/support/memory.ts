import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createComityPair } from './comity-pair.ts'
import { createRegistry, newSession } from './requests.ts'
import { figure, type BenchResult } from './result.ts'

/** How much is left in memory before it is weighed. */
export interface MemoryEffort {
  /** Sessions to open, of which each takes its share of the heap. */
  readonly sessions: number
  /** Handshakes to run, whose sessions are then revoked. */
  readonly handshakes: number
}

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * 1024
const HEAP_GOAL_KIB = 4

/**
 * The clock moves on by a tenth of a second for each handshake. So there are always some 1200 runs (with their answers,
 * about 10 KiB each, for 120 seconds) and 1500 sessions that may not be forgotten yet, once that many were held.
 */
const HANDSHAKES_A_SECOND = 10
const UNTIL_STEADY = 0.3
/** A store sweeps when it has doubled, and the other caches fill up to some MiB: that much may come and go. */
const RESIDUE_GOAL_MIB = 32

/** What a session takes of the heap of a gateway that holds many. */
export async function measureHeap(
  bench: string,
  { sessions }: MemoryEffort,
): Promise<readonly BenchResult[]> {
  const { store, registry } = createRegistry(sessions * 10)
  const now = Date.now() / 1000
  const before = heapAfterCollection()
  for (let index = 0; index < sessions; index += 1) {
    const id = crypto.randomUUID().replaceAll('-', '')
    await registry.open(newSession(id, `${id}${'k'.repeat(11)}`, now))
  }
  const each = (heapAfterCollection() - before) / sessions / KIBIBYTE
  await store.close()
  return [figure(bench, 'memory', 'heap of a session', each, 'KiB', HEAP_GOAL_KIB)]
}

/** By how much the process has grown after many handshakes and revocations. */
export async function measureResidue(
  bench: string,
  { handshakes }: MemoryEffort,
): Promise<readonly BenchResult[]> {
  let now = Date.now() / 1000
  const pair = await createComityPair({ clock: { now: () => now } })
  const work = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      now += 1 / HANDSHAKES_A_SECOND
      const { established } = await pair.handshake()
      await pair.registry.end(established.grant.id, 'revoked')
    }
  }
  await work(Math.ceil(handshakes * UNTIL_STEADY))
  const before = await residentAfterCollection()
  await work(handshakes)
  const grown = ((await residentAfterCollection()) - before) / MEBIBYTE
  return [
    figure(bench, 'memory', 'RSS before handshakes and revocations', before / MEBIBYTE, 'MiB'),
    figure(bench, 'memory', 'RSS grown after them', grown, 'MiB', RESIDUE_GOAL_MIB),
  ]
}

function heapAfterCollection(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The resident set after what is garbage was collected, in bytes. */
export async function residentAfterCollection(): Promise<number> {
  collect()
  await new Promise((resolve) => setTimeout(resolve, 100))
  collect()
  return process.memoryUsage.rss()
}

// The collector can be asked for while the program runs, so that nobody has to remember a flag.
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Twice: what is finalised in the first run is free only in the second. */
function collect(): void {
  collectGarbage()
  collectGarbage()
}
