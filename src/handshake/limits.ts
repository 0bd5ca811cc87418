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
}

/** Counts hellos and open runs by source, in this process. */
export interface Limiter {
  /**
   * Admits one more run of a source, before any key agreement.
   *
   * @throws {PolicyError} `COMITY_HANDSHAKE_LIMIT`.
   */
  admit(source: string, sid: string, now: number): void
  /** The run is over, one way or the other. */
  release(sid: string): void
}

interface Bucket {
  tokens: number
  refilledAt: number
  open: number
}

const MAX_SOURCES = 100_000

/**
 * A token bucket and a count of open runs for each source, both bounded in memory.
 *
 * @param limits See {@link HandshakeLimits}.
 * @param runSeconds After how many seconds a run that was not released counts as gone.
 */
export function createLimiter(limits: HandshakeLimits, runSeconds: number): Limiter {
  const { burst = 64, perSecond = 16, openPerSource = 32, open = 10_000 } = limits
  const buckets = new Map<string, Bucket>()
  const runs = new Map<string, { source: string; expiresAt: number }>()

  function release(sid: string): void {
    const run = runs.get(sid)
    if (run === undefined) return
    runs.delete(sid)
    const bucket = buckets.get(run.source)
    if (bucket !== undefined) bucket.open -= 1
  }

  function expire(now: number): void {
    // Runs are inserted in the order in which they expire.
    for (const [sid, { expiresAt }] of runs) {
      if (expiresAt > now) break
      release(sid)
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
      if (runs.size >= open) throw limitReached('open runs')
      bucket.open += 1
      runs.set(sid, { source, expiresAt: now + runSeconds })
    },
    release,
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
