import { PolicyError } from '../errors/index.ts'
import type { LogEntry } from './store.ts'

/** The logs of a memory store; everything is synchronous, and so atomic. */
export interface MemoryLogs {
  /** Adds the value and returns its sequence number. */
  append(log: string, value: string): number
  /** Up to `limit` entries after the sequence number. */
  read(log: string, after: number, limit: number): LogEntry[]
  /** Removes everything. */
  clear(): void
}

/**
 * Makes the appending part of a memory store.
 *
 * @param maxLogEntries How many entries there may be, all logs together.
 */
export function createMemoryLogs(maxLogEntries: number): MemoryLogs {
  const logs = new Map<string, string[]>()
  let count = 0
  return {
    append: (log, value) => {
      if (count >= maxLogEntries) {
        throw new PolicyError('COMITY_STORE_FULL', 'the store holds as many log entries as it may', {
          details: { maxLogEntries },
        })
      }
      const values = logs.get(log) ?? []
      logs.set(log, values)
      count++
      return values.push(value)
    },
    read: (log, after, limit) =>
      (logs.get(log) ?? [])
        .slice(after, after + limit)
        .map((value, index) => ({ sequence: after + index + 1, value })),
    clear: () => {
      logs.clear()
      count = 0
    },
  }
}
