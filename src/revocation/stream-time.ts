import { PeerError } from '../errors/index.ts'
import type { Clock } from '../runtime/index.ts'

/** Reads the comments of one connection, and finds out how far the stream is behind. */
export interface StreamTime {
  /**
   * Takes a comment.
   *
   * @returns The time (seconds, by the own clock) until which everything was sent, where the comment is a heartbeat.
   * @throws {PeerError} `COMITY_PEER_PROTOCOL` when a heartbeat comes before the opening, lags behind by more than the
   *   silence that is allowed, or none comes for so long.
   */
  read(comment: string): number | undefined
  /** Notes that something else than a comment came. */
  progress(): void
}

const FORM = /^(open|heartbeat) (\d{1,12}(?:\.\d{1,6})?)$/

/** A comment of the stream that tells the publisher's time. */
export function timeComment(kind: 'open' | 'heartbeat', asOf: number): string {
  return `: ${kind} ${asOf.toFixed(3)}`
}

/**
 * Begins to measure, before the stream is asked for.
 *
 * A heartbeat that arrives now may have been sent long ago: whoever holds the stream back would hide a revocation for
 * as long as it likes. So it is not the arrival that counts. The publisher's clock at the opening was read after the
 * request for it was sent; what that clock says has passed since then has passed at least. That needs no agreement
 * between the two clocks, only that both run.
 *
 * @param clock - The own clock.
 * @param maxLag - Seconds that the stream may be behind.
 */
export function createStreamTime(clock: Clock, maxLag: number): StreamTime {
  const askedAt = clock.now()
  let openedAt: number | undefined
  let progressAt = askedAt

  const refuseLag = (since: number): void => {
    if (clock.now() - since <= maxLag) return
    throw new PeerError('COMITY_PEER_PROTOCOL', 'the event stream lags behind', { details: { maxLag } })
  }

  return {
    read: (comment) => {
      const [, kind, time] = FORM.exec(comment.trim()) ?? []
      if (kind === undefined || time === undefined) {
        // Such as what a proxy adds to keep a connection that is dead behind it.
        refuseLag(progressAt)
        return undefined
      }
      progressAt = clock.now()
      if (kind === 'open') {
        openedAt = Number(time)
        return undefined
      }
      if (openedAt === undefined) {
        throw new PeerError('COMITY_PEER_PROTOCOL', 'the event stream has no opening')
      }
      const until = Math.min(askedAt + (Number(time) - openedAt), clock.now())
      refuseLag(until)
      return until
    },
    progress: () => {
      progressAt = clock.now()
    },
  }
}
