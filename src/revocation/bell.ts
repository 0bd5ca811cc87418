import type { Timers } from '../runtime/index.ts'

/** Wakes the one who waits for news. */
export interface Bell {
  /** There is news. Rung while nobody waits, it wakes the next wait at once. */
  ring(): void
  /** Nothing will come any more. */
  close(): void
  /** Waits for news, for the end, or for that many milliseconds. One waits at a time. */
  wait(ms: number): Promise<'rung' | 'idle' | 'closed'>
}

/** Makes a bell. */
export function createBell(timers: Timers): Bell {
  let isRung = false
  let isClosed = false
  let wake: ((outcome: 'rung' | 'closed') => void) | undefined

  return {
    ring: () => {
      isRung = true
      wake?.('rung')
    },
    close: () => {
      isClosed = true
      wake?.('closed')
    },
    wait: async (ms) => {
      if (isClosed) return 'closed'
      if (!isRung) {
        const outcome = await new Promise<'rung' | 'idle' | 'closed'>((resolve) => {
          const cancel = timers.after(ms, () => {
            resolve('idle')
          })
          wake = (reason) => {
            cancel()
            resolve(reason)
          }
        })
        wake = undefined
        if (outcome !== 'rung') return outcome
      }
      isRung = false
      return 'rung'
    },
  }
}
