import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { curves, type Curve, type CurveCommand } from 'snarkjs'
import { startThread } from './thread.ts'

/** Threads that compute for one prover thread. */
export interface ComputeThreads {
  /** Wipes what they had to do with the last proof. */
  wipe(): Promise<void>
}

interface Task {
  readonly commands: readonly CurveCommand[]
  readonly resolve: (results: Uint8Array[]) => void
}

/** Buffers below this are cheaper to copy than to share. */
const SHARED_BYTES = 65_536
const OWN = import.meta.url.endsWith('.ts') ? './compute-thread.ts' : './compute-thread.js'

/**
 * Makes snarkjs compute on threads of ours, and keep its curve: by itself it starts as many threads as the machine has
 * cores (and cannot from within a thread), or, told to use none, builds the curve anew for each proof.
 *
 * @param count - How many threads, 1 or more.
 * @returns What wipes them. They end with the thread that started them.
 */
export async function installComputeThreads(count: number): Promise<ComputeThreads> {
  const curve = await curves.getCurveFromName('bn128', { singleThread: true })
  const ports = Array.from({ length: count }, () => startComputeThread(curve.tm.code))
  const queue = createQueue(ports)
  const shared: SharedBuffers = createSharedBuffers()
  curve.tm.singleThread = false
  curve.tm.concurrency = count
  curve.tm.queueAction = (commands) => queue(shared.share(commands))
  keepCurve(curve)
  return {
    async wipe() {
      shared.wipe()
      // One for each thread: none takes a second before all are busy.
      await Promise.all(ports.map(async () => await queue([])))
    },
  }
}

/** Where snarkjs looks for a curve before it builds one. */
function keepCurve(curve: Curve): void {
  ;(global as { curve_bn128?: Curve }).curve_bn128 = curve
}

function startComputeThread(code: Uint8Array): MessagePort {
  const { port1, port2 } = new MessageChannel()
  startThread(new URL(OWN, import.meta.url), { port: port2, code }, { transferList: [port2] })
  return port1
}

/** Gives each thread one task at a time. A thread that fails takes this one down, and so the proof. */
function createQueue(
  ports: readonly MessagePort[],
): (commands: readonly CurveCommand[]) => Promise<Uint8Array[]> {
  const idle = [...ports]
  const waiting: Task[] = []
  const running = new Map<MessagePort, Task>()
  const next = (): void => {
    const port = idle.at(-1)
    const task = waiting[0]
    if (port === undefined || task === undefined) return
    idle.pop()
    waiting.shift()
    running.set(port, task)
    port.postMessage(task.commands)
  }
  for (const port of ports) {
    port.on('message', (results: Uint8Array[]) => {
      running.get(port)?.resolve(results)
      running.delete(port)
      idle.push(port)
      next()
    })
  }
  return (commands) =>
    new Promise((resolve) => {
      waiting.push({ commands, resolve })
      next()
    })
}

interface SharedBuffers {
  share(commands: readonly CurveCommand[]): readonly CurveCommand[]
  wipe(): void
}

/** Many tasks of one multiplication take the same points and scalars: these are copied once, and not for each task. */
function createSharedBuffers(): SharedBuffers {
  let shared = new Map<Uint8Array, Uint8Array>()
  const copyOf = (buffer: Uint8Array): Uint8Array => {
    const known = shared.get(buffer)
    if (known !== undefined) return known
    const copy = new Uint8Array(new SharedArrayBuffer(buffer.byteLength))
    copy.set(buffer)
    shared.set(buffer, copy)
    return copy
  }
  return {
    share: (commands) =>
      commands.map((command) =>
        command.buff === undefined || command.buff.byteLength < SHARED_BYTES
          ? command
          : { ...command, buff: copyOf(command.buff) },
      ),
    wipe() {
      for (const copy of shared.values()) copy.fill(0)
      shared = new Map()
    },
  }
}
