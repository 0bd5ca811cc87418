import { rmSync } from 'node:fs'
import Libsql from 'libsql'
import { describe, expect, it } from 'vitest'
import { createSqliteStore } from '../../../src/adapters/sqlite/index.ts'
import type { Timers } from '../../../src/runtime/index.ts'
import { usePaths } from './files.ts'
import { without } from './processes.ts'

const newPath = usePaths()

/** Publishes as a process does that dies before it rings. */
function publishSilently(file: string, ...values: string[]): void {
  const plain = new Libsql(file)
  for (const value of values) {
    plain.prepare("insert into messages (topic, value, published_at) values ('t', ?1, 0)").run(value)
  }
  plain.close()
}

/** Timers that run when the test says so, and the number of them that are set. */
function manualTimers(): Timers & { run(): void; count(): number } {
  const due = new Set<() => void>()
  return {
    after: without.after,
    every: (_ms, run) => {
      due.add(run)
      return () => due.delete(run)
    },
    run: () => {
      for (const each of due) each()
    },
    count: () => due.size,
  }
}

describe('messages', () => {
  it('are found by the next look when nobody rang, all of them in order', async () => {
    const file = newPath()
    const timers = manualTimers()
    const store = createSqliteStore({ file, timers })
    const seen: string[] = []
    expect(timers.count()).toBe(0)
    const end = await store.subscribe('t', (value) => seen.push(value))
    const values = Array.from({ length: 200 }, (_, index) => String(index))
    publishSilently(file, ...values)
    await Promise.resolve()
    expect(seen).toEqual([])
    timers.run()
    await Promise.resolve()
    expect(seen).toEqual(values)
    end()
    expect(timers.count()).toBe(0)
    await store.close()
  })

  it('arrive after the bell was deleted, too', async () => {
    const file = newPath()
    const [one, other] = [createSqliteStore({ file }), createSqliteStore({ file })]
    const seen: string[] = []
    await one.subscribe('t', (value) => seen.push(value))
    rmSync(`${file}-notify`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await other.publish('t', 'x')
    await expect.poll(() => seen.length, { timeout: 5000, interval: 10 }).toBe(1)
    await one.close()
    await other.close()
  })

  it('do not come twice, nor from before, when one subscribes anew', async () => {
    const file = newPath()
    const [one, other] = [createSqliteStore({ file }), createSqliteStore({ file })]
    const [first, second]: [string[], string[]] = [[], []]
    const end = await one.subscribe('t', (value) => first.push(value))
    await other.publish('t', 'a')
    await expect.poll(() => first.length).toBe(1)
    end()
    await other.publish('t', 'b')
    await one.subscribe('t', (value) => second.push(value))
    await one.subscribe('t', (value) => first.push(value))
    await other.publish('t', 'c')
    await expect.poll(() => second.length).toBe(1)
    expect(first).toEqual(['a', 'c'])
    expect(second).toEqual(['c'])
    await one.close()
    await other.close()
  })

  it('end with the store', async () => {
    const file = newPath()
    const timers = manualTimers()
    const [one, other] = [createSqliteStore({ file, timers }), createSqliteStore({ file })]
    const seen: string[] = []
    await one.subscribe('t', (value) => seen.push(value))
    await other.publish('t', 'a')
    await one.close()
    expect(timers.count()).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(seen).toEqual([])
    await other.close()
  })
})
