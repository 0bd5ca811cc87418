import { PolicyError } from '../errors/index.ts'

/** How much a stranger may cost one process. */
export interface HandshakeLimits {
  /** Hellos that one source may send at once. Defaults to 64. */
  readonly burst?: number
  /** Hellos a second that one source earns back. Defaults to 16. */
  readonly perSecond?: number
  /** Runs under way for one source. Defaults to 32. */
  readonly openPerSource?: number
  /** Runs under way in all. Defaults to 10,000. */
  readonly open?: number
  /** Runs that are remembered in all, those that are answered among them. Defaults to 50,000. */
  readonly kept?: number
}

/** Counts hellos and open runs by source, in this process. */
export interface Limiter {
  /**
   * Admits one more run of a source, before any key agreement.
   *
   * @throws {PolicyError} `COMITY_HANDSHAKE_LIMIT`.
   */
  admit(source: string, sid: string, now: number): void
  /** The run is answered: it is remembered, but costs no more work. */
  release(sid: string): void
  /** Nothing of the run is remembered. */
  forget(sid: string): void
}

interface Bucket {
  tokens: number
  refilledAt: number
  open: number
}

interface Run {
  readonly source: string
  readonly expiresAt: number
  isOpen: boolean
}

const MAX_SOURCES = 100_000

/**
 * A token bucket and a count of open runs for each source, both bounded in memory.
 *
 * @param limits See {@link HandshakeLimits}.
 * @param runSeconds After how many seconds a run counts as gone, released or not.
 */
export function createLimiter(limits: HandshakeLimits, runSeconds: number): Limiter {
  const { burst = 64, perSecond = 16, openPerSource = 32, open = 10_000, kept = 50_000 } = limits
  const buckets = new Map<string, Bucket>()
  const runs = new Map<string, Run>()
  let openRuns = 0

  function release(sid: string): void {
    const run = runs.get(sid)
    if (run?.isOpen !== true) return
    run.isOpen = false
    openRuns -= 1
    const bucket = buckets.get(run.source)
    if (bucket !== undefined) bucket.open -= 1
  }

  function forget(sid: string): void {
    release(sid)
    runs.delete(sid)
  }

  function expire(now: number): void {
    // Runs are inserted in the order in which they expire.
    for (const [sid, { expiresAt }] of runs) {
      if (expiresAt > now) break
      forget(sid)
    }
  }

  function bucketOf(source: string, now: number): Bucket {
    const known = buckets.get(source)
    if (known !== undefined) {
      known.tokens = Math.min(burst, known.tokens + Math.max(0, now - known.refilledAt) * perSecond)
      known.refilledAt = now
      return known
    }
    if (buckets.size >= MAX_SOURCES) dropIdle(buckets, now, burst, perSecond)
    if (buckets.size >= MAX_SOURCES) throw limitReached('sources')
    const bucket = { tokens: burst, refilledAt: now, open: 0 }
    buckets.set(source, bucket)
    return bucket
  }

  return {
    admit(source, sid, now) {
      expire(now)
      const bucket = bucketOf(source, now)
      if (bucket.tokens < 1) throw limitReached('rate')
      bucket.tokens -= 1
      if (bucket.open >= openPerSource) throw limitReached('open runs of the source')
      if (openRuns >= open) throw limitReached('open runs')
      if (runs.size >= kept) throw limitReached('runs')
      bucket.open += 1
      openRuns += 1
      runs.set(sid, { source, expiresAt: now + runSeconds, isOpen: true })
    },
    release,
    forget,
  }
}

/** A bucket that is full again and has nothing open says nothing: forget it. */
function dropIdle(buckets: Map<string, Bucket>, now: number, burst: number, perSecond: number): void {
  for (const [source, { tokens, refilledAt, open }] of buckets) {
    if (open === 0 && tokens + (now - refilledAt) * perSecond >= burst) buckets.delete(source)
  }
}

function limitReached(limit: string): PolicyError {
  return new PolicyError('COMITY_HANDSHAKE_LIMIT', 'too many handshakes', {
    spec: 'comity handshake, cost to a stranger',
    details: { limit },
  })
}
