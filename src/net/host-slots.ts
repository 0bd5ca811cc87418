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
        throw new NetworkError('COMITY_NET_BUDGET', 'too many requests wait for this host')
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
