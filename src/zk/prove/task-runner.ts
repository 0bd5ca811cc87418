import type { CurveCommand } from 'snarkjs'

/** Where the module of the curve keeps the start of its free memory. */
const FREE = 0
const PAGE_BYTES = 65_536
/** What the module needs before its first task. */
const FIRST_PAGES = 25
/** What functions of the module take behind what a task has, for tables of their own: 2^14 points at most. */
const SCRATCH_BYTES = 4_194_304
/** 1 GiB: sixty times what one step of a proof takes. */
const MOST_PAGES = 16_384

/** Runs a task on the curve's module. Gives what the task asks for, in memory of its own. */
export type TaskRunner = (task: readonly CurveCommand[]) => Uint8Array<ArrayBuffer>[]

/**
 * Makes an instance of the curve's module that runs tasks: lists of commands, as snarkjs queues them for its threads. A
 * task without commands wipes all the memory that tasks took, since parts of witnesses pass through here.
 *
 * @param code - The module of the curve.
 * @returns What runs tasks, one after the other.
 */
export async function createTaskRunner(code: Uint8Array): Promise<TaskRunner> {
  const memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES })
  const module = await WebAssembly.compile(new Uint8Array(code))
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } })
  const functions = exports as Readonly<Record<string, (...parameters: number[]) => void>>
  const free = (): Uint32Array => new Uint32Array(memory.buffer, FREE, 1)

  const allocate = (length: number): number => {
    const start = (free()[0] ?? 0) + 3 - (((free()[0] ?? 0) + 3) % 4)
    const end = start + length
    const lacking = end + SCRATCH_BYTES - memory.buffer.byteLength
    if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE_BYTES))
    free()[0] = end
    return start
  }
  const write = (at: number, bytes: Uint8Array): void => new Uint8Array(memory.buffer).set(bytes, at)

  const runCommand = (command: CurveCommand, places: number[], results: Uint8Array<ArrayBuffer>[]): void => {
    const {
      cmd,
      var: name = 0,
      buff = new Uint8Array(),
      len = 0,
      out = 0,
      fnName = '',
      params = [],
    } = command
    if (cmd === 'ALLOC') places[name] = allocate(len)
    else if (cmd === 'ALLOCSET') write((places[name] = allocate(buff.byteLength)), buff)
    else if (cmd === 'SET') write(places[name] ?? 0, buff)
    else if (cmd === 'GET') {
      const start = places[name] ?? 0
      results[out] = new Uint8Array(memory.buffer.slice(start, start + len))
    } else if (cmd === 'CALL') {
      const values = params.map((parameter) =>
        parameter.var === undefined
          ? (parameter.val ?? 0)
          : (places[parameter.var] ?? 0) + (parameter.offset ?? 0),
      )
      functions[fnName]?.(...values)
    } else throw new TypeError('a task has an unknown command')
  }

  return (task) => {
    const start = free()[0] ?? 0
    const places: number[] = []
    const results: Uint8Array<ArrayBuffer>[] = []
    for (const command of task) runCommand(command, places, results)
    if (task.length === 0) new Uint8Array(memory.buffer).fill(0, start)
    free()[0] = start
    return results
  }
}
