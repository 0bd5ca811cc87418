import { PolicyError } from '../errors/index.ts'
import type { Bell } from './bell.ts'

/** Who subscribes at this instance. */
export interface Subscribers {
  /**
   * Takes a subscription in.
   *
   * @returns What takes it out again.
   * @throws {PolicyError} `COMITY_EVENT_LIMIT` when there are too many.
   */
  enter(audience: string, bell: Bell): () => void
  /** Ends all subscriptions. */
  closeAll(): void
}

const MAX_PER_AUDIENCE = 16

/**
 * Makes the list of subscriptions.
 *
 * @param max The most at once. One audience has at most 16; its newest displaces its oldest, which may be a
 *   connection that broke and was not noticed yet.
 */
export function createSubscribers(max: number): Subscribers {
  const audiences = new Map<string, Set<Bell>>()
  let count = 0

  const leave = (audience: string, bell: Bell): void => {
    const bells = audiences.get(audience)
    if (bells?.delete(bell) !== true) return
    count--
    if (bells.size === 0) audiences.delete(audience)
  }

  return {
    enter: (audience, bell) => {
      const [oldest] = audiences.get(audience) ?? []
      if (oldest !== undefined && audiences.get(audience)?.size === MAX_PER_AUDIENCE) {
        leave(audience, oldest)
        oldest.close()
      }
      if (count >= max) {
        throw new PolicyError('COMITY_EVENT_LIMIT', 'there are too many subscribers', { details: { max } })
      }
      const bells = audiences.get(audience) ?? new Set()
      audiences.set(audience, bells.add(bell))
      count++
      return () => {
        leave(audience, bell)
      }
    },
    closeAll: () => {
      for (const bells of audiences.values()) for (const bell of bells) bell.close()
    },
  }
}
