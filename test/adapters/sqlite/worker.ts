import { existsSync, writeFileSync, writeSync } from 'node:fs'
import { createSqliteStore } from '../../../src/adapters/sqlite/index.ts'
import type { Store } from '../../../src/store/index.ts'
import { without, valueOf } from './processes.ts'

/** A process of its own that works on one file. Started by `startWorker` with its role and the file's path. */
const [role = '', file = '', name = ''] = process.argv.slice(2)

/** Rounds in which this process won, by what was to be won. */
export interface Race {
  readonly wins: Record<string, number[]>
  readonly sequences: number[]
}

const ROUNDS = 120

/** Meets the other process: both have appended to the round's log when both go on. */
async function meet(store: Store, round: number): Promise<void> {
  await store.append(`meet:${String(round)}`, name)
  while ((await store.read(`meet:${String(round)}`)).length < 2);
}

/** What a store must not do: read and write in two steps. It shows that the two processes do meet. */
async function takeInTwoSteps(store: Store, key: string): Promise<string | undefined> {
  const value = await store.get(key)
  for (const until = performance.now() + 0.3; performance.now() < until;);
  await store.take(key)
  return value
}

async function race(store: Store): Promise<Race> {
  const wins: Record<string, number[]> = {
    putIfAbsent: [],
    take: [],
    compareAndSet: [],
    decrement: [],
    twoSteps: [],
  }
  const sequences: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const key = String(round)
    await meet(store, round)
    const won = {
      putIfAbsent: await store.putIfAbsent(`absent:${key}`, name),
      take: (await store.take(`ticket:${key}`)) !== undefined,
      compareAndSet: await store.compareAndSet(`state:${key}`, 'open', name),
      decrement: (await store.decrement(`units:${key}`, 2)) !== undefined,
      twoSteps: (await takeInTwoSteps(store, `control:${key}`)) !== undefined,
    }
    for (const [what, whether] of Object.entries(won)) if (whether) wins[what]?.push(round)
    sequences.push(await store.append('log', `${name} ${key}`))
  }
  return { wins, sequences }
}

/** Writes without end, and tells each write that was acknowledged, by number, through standard output. */
async function write(store: Store): Promise<never> {
  const last = await store.get(`${name}:last`)
  for (let number = Number(last ?? 0) + 1; ; number++) {
    const value = valueOf(name, number)
    await store.put(`${name}:entry:${String(number)}`, value)
    await store.append(`${name}:log`, value)
    if (
      !(await store.compareAndSet(
        `${name}:last`,
        number === 1 ? undefined : String(number - 1),
        String(number),
      ))
    ) {
      throw new Error('the counter was torn from the entries')
    }
    writeSync(1, `${String(number)}\n`)
  }
}

/** Opens new files at the same moment as the other process. */
async function openTogether(): Promise<number> {
  for (let round = 0; round < 25; round++) {
    const path = `${file}-${String(round)}`
    writeFileSync(`${path}.${name}`, '')
    while (!existsSync(`${path}.a`) || !existsSync(`${path}.b`));
    const store = createSqliteStore({ file: path })
    await store.append('log', name)
    await store.close()
  }
  return 25
}

async function main(): Promise<void> {
  if (role === 'open') {
    process.send?.(await openTogether())
    process.disconnect()
    return
  }
  // Nothing is looked for at intervals: what arrives, the operating system told of.
  const store = createSqliteStore({ file, ...(role === 'echo' ? { timers: without } : {}) })
  if (role === 'race') {
    process.send?.(await race(store))
    process.disconnect()
  }
  if (role === 'write') await write(store)
  if (role === 'echo') {
    // A subscription doesn't keep a process alive; a channel that is listened to does.
    process.on('message', () => undefined)
    await store.subscribe('ping', (value) => void store.publish('pong', value))
    process.send?.('ready')
  }
}

await main()
