import type { ChildProcess } from 'node:child_process'
import Libsql from 'libsql'
import { afterEach, describe, expect, it } from 'vitest'
import { createSqliteStore } from '../../../src/adapters/sqlite/index.ts'
import type { Store } from '../../../src/store/index.ts'
import { usePaths } from './files.ts'
import { kill, messageOf, startWorker, valueOf, without } from './processes.ts'
import type { Race } from './worker.ts'

const newPath = usePaths()
const children: ChildProcess[] = []
const stores: Store[] = []

function start(role: string, file: string, name: string): ChildProcess {
  const child = startWorker(role, file, name)
  children.push(child)
  return child
}
function open(file: string, options: object = {}): Store {
  const store = createSqliteStore({ file, ...options })
  stores.push(store)
  return store
}
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
  for (const store of stores.splice(0)) await store.close()
})

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('two processes on one file', () => {
  it('have exactly one winner each time, and number a log without gaps', async () => {
    const file = newPath()
    const store = open(file)
    for (const round of upTo(120)) {
      await store.put(`ticket:${String(round)}`, 'ticket')
      await store.put(`control:${String(round)}`, 'ticket')
      await store.put(`state:${String(round)}`, 'open')
      await store.put(`units:${String(round)}`, '3')
    }
    const [a, b] = await Promise.all(['a', 'b'].map((name) => messageOf<Race>(start('race', file, name))))
    for (const what of ['putIfAbsent', 'take', 'compareAndSet', 'decrement']) {
      const rounds = [...(a?.wins[what] ?? []), ...(b?.wins[what] ?? [])]
      expect(rounds.sort((one, other) => one - other)).toEqual(upTo(120))
    }
    for (const round of upTo(120)) {
      const winner = a?.wins.putIfAbsent?.includes(round) === true ? 'a' : 'b'
      expect(await store.get(`absent:${String(round)}`)).toBe(winner)
      expect(await store.get(`units:${String(round)}`)).toBe('1')
    }
    const sequences = [...(a?.sequences ?? []), ...(b?.sequences ?? [])]
    expect(sequences.sort((one, other) => one - other)).toEqual(upTo(240).map((index) => index + 1))
    expect((await store.read('log', { limit: 1000 })).map(({ sequence }) => sequence)).toEqual(sequences)
    // The positive control: with reading and writing in two steps, both win now and then.
    const twice = (a?.wins.twoSteps?.length ?? 0) + (b?.wins.twoSteps?.length ?? 0) - 120
    expect(twice).toBeGreaterThan(0)
  })

  it('can both create it', async () => {
    const file = newPath()
    const opened = await Promise.all(['a', 'b'].map((name) => messageOf<number>(start('open', file, name))))
    expect(opened).toEqual([25, 25])
    for (const round of upTo(25)) {
      expect(await open(`${file}-${String(round)}`).read('log')).toHaveLength(2)
    }
  })

  it('hear of each other by the operating system, without looking again and again', async () => {
    const file = newPath()
    const store = open(file, { timers: without })
    expect(await messageOf(start('echo', file, 'a'))).toBe('ready')
    const arrived: string[] = []
    const waiting = new Map<string, () => void>()
    await store.subscribe('pong', (value) => {
      arrived.push(value)
      waiting.get(value)?.()
    })
    const times: number[] = []
    for (const index of upTo(60)) {
      const began = performance.now()
      const answered = new Promise<void>((resolve) => waiting.set(String(index), resolve))
      await store.publish('ping', String(index))
      await answered
      times.push(performance.now() - began)
    }
    times.sort((a, b) => a - b)
    expect(arrived).toEqual(upTo(60).map(String))
    console.info(
      `publish, there and back: median ${String(times[30]?.toFixed(2))} ms, worst ${String(times[59]?.toFixed(2))} ms`,
    )
  })
})

/** Lets a worker write for a moment, kills it, and returns the last number that it said was acknowledged. */
async function writeAndDie(file: string, milliseconds: number): Promise<number> {
  const child = start('write', file, 'w')
  let said = ''
  const first = new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      resolve()
    })
  })
  await first
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  await kill(child)
  return Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1))
}

/** Everything that was written under the keys of `w`, checked for being whole, and how much there is. */
async function wholeEntries(store: Store): Promise<{ entries: number; logged: number; last: number }> {
  let entries = 0
  let logged = 0
  for (let number = 1; ; number++, entries++) {
    const value = await store.get(`w:entry:${String(number)}`)
    if (value === undefined) break
    expect(value === valueOf('w', number)).toBe(true)
  }
  for (;;) {
    const page = await store.read('w:log', { after: logged, limit: 100 })
    for (const { sequence, value } of page) {
      expect(sequence).toBe(++logged)
      // A value that was logged and not counted is logged again by the next writer.
      expect(value === valueOf('w', Number(value.split(/\s/)[1]))).toBe(true)
    }
    if (page.length < 100) break
  }
  return { entries, logged, last: Number(await store.get('w:last')) }
}

describe('a process that is killed while it writes', () => {
  it('leaves all that it acknowledged, and nothing torn', async () => {
    const file = newPath()
    const bystander = open(file)
    let rounds = 0
    for (const milliseconds of [3, 20, 41, 77, 110, 160]) {
      rounds++
      const acknowledged = await writeAndDie(file, milliseconds)
      expect(acknowledged).toBeGreaterThan(0)
      // Another process goes on at once, and sees no less than a new one.
      await bystander.put('bystander', 'x')
      for (const store of [bystander, open(file)]) {
        const { entries, logged, last } = await wholeEntries(store)
        expect([acknowledged, acknowledged + 1]).toContain(last)
        expect([last, last + 1]).toContain(entries)
        expect(logged).toBeGreaterThanOrEqual(last)
        expect(logged).toBeLessThanOrEqual(last + rounds)
      }
      const plain = new Libsql(file)
      expect(plain.prepare('pragma integrity_check').raw().all()).toEqual([['ok']])
      plain.close()
    }
  })

  it('leaves it when nobody else has the file open, too', async () => {
    const file = newPath()
    for (const milliseconds of [30, 60]) {
      const acknowledged = await writeAndDie(file, milliseconds)
      const { entries, last } = await wholeEntries(open(file))
      expect([acknowledged, acknowledged + 1]).toContain(last)
      expect([last, last + 1]).toContain(entries)
    }
  })
})
