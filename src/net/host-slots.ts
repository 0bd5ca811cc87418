import { NetworkError } from '../errors/index.ts'

/** Gives back a slot. Calling it again does nothing. */
export type Release = () => void

/** Bounds how many requests run at once towards one host. */
export interface HostSlots {
  /**
   * Waits for a slot.
   *
   * @param host - Whom the request goes to, such as an origin.
   * @param signal - Gives up waiting; its reason is thrown.
   * @throws {NetworkError} `COMITY_NET_BUDGET` when too many wait already.
   */
  acquire(host: string, signal: AbortSignal): Promise<Release>
}

interface Lane {
  running: number
  readonly waiting: Set<() => void>
}

/** How many requests run at once, and how many may wait for their turn. */
export interface SlotBounds {
  /** Requests that run at once. */
  readonly concurrent: number
  /** Requests that may wait. */
  readonly waiting: number
}

/**
 * Makes slots for hosts, first come, first served, within a bound on all hosts together.
 *
 * A request waits for its host first and for the common bound after that, so that a host that is slow takes no more of
 * the common slots than its own bound.
 *
 * @param host - The bounds for each host.
 * @param all - The bounds for all hosts together.
 */
export function createSlots(host: SlotBounds, all: SlotBounds): HostSlots {
  const ofHosts = createHostSlots(host.concurrent, host.waiting)
  const common = createHostSlots(all.concurrent, all.waiting)
  return {
    async acquire(name, signal) {
      const releaseHost = await ofHosts.acquire(name, signal)
      try {
        const releaseCommon = await common.acquire('', signal)
        return () => {
          releaseCommon()
          releaseHost()
        }
      } catch (error) {
        releaseHost()
        throw error
      }
    },
  }
}

/**
 * Makes slots for hosts, first come, first served.
 *
 * @param concurrency - Requests that run at once towards one host.
 * @param maxWaiting - Requests that may wait for one host.
 */
export function createHostSlots(concurrency: number, maxWaiting: number): HostSlots {
  const lanes = new Map<string, Lane>()

  function release(host: string, lane: Lane): void {
    const next = lane.waiting.values().next()
    if (next.done !== true) {
      lane.waiting.delete(next.value)
      next.value()
      return
    }
    lane.running -= 1
    if (lane.running === 0) lanes.delete(host)
  }

  function releaseOnce(host: string, lane: Lane): Release {
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      release(host, lane)
    }
  }

  return {
    async acquire(host, signal) {
      signal.throwIfAborted()
      const lane = lanes.get(host) ?? { running: 0, waiting: new Set() }
      lanes.set(host, lane)
      if (lane.running < concurrency) {
        lane.running += 1
        return releaseOnce(host, lane)
      }
      if (lane.waiting.size >= maxWaiting) {
        throw new NetworkError('COMITY_NET_BUDGET', 'too many requests wait already')
      }
      await new Promise<void>((resolve, reject) => {
        const giveUp = (): void => {
          lane.waiting.delete(start)
          reject(signal.reason as Error)
        }
        const start = (): void => {
          signal.removeEventListener('abort', giveUp)
          resolve()
        }
        lane.waiting.add(start)
        signal.addEventListener('abort', giveUp, { once: true })
      })
      return releaseOnce(host, lane)
    },
  }
}
