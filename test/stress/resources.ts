import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** What this process holds. */
export interface Held {
  /** Resident bytes after a collection; that many of them in the heap. */
  readonly rss: number
  readonly heap: number
  /** Open files and sockets, and whatever else keeps the loop busy. */
  readonly handles: number
  /** The same by what they are. */
  readonly kinds: Readonly<Record<string, number>>
}

/** Measures this process, which was started with `--expose-gc`. */
export async function measure(): Promise<Held> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await sleep(20)
  }
  const { rss, heapUsed: heap } = process.memoryUsage()
  const kinds: Record<string, number> = { files: openFiles() }
  for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1
  return { rss, heap, handles: Object.values(kinds).reduce((sum, count) => sum + count, 0), kinds }
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0 // no Linux: the active resources have to do
  }
}
