import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ComityError } from '../../errors/index.ts'
import { systemTimers } from '../../runtime/index.ts'

/** A request to a role's process, and its answer. Structured clones, over the process's own IPC channel. */
interface Call {
  readonly id: number
  readonly method: string
  readonly input: unknown
}

type Answer =
  { readonly id: number; readonly output: unknown } | { readonly id: number; readonly error: RoleFailure }

/** What of an error crosses processes. */
interface RoleFailure {
  readonly message: string
  readonly code?: string
  readonly details?: unknown
}

interface Waiter {
  readonly resolve: (output: unknown) => void
  readonly reject: (error: Error) => void
}

/** What a role can be asked to do: methods by name, one input, one output. */
export type RoleMethods = Readonly<Record<string, (input: never) => Promise<unknown>>>

/** A role that runs as a process of its own. */
export interface RoleProcess<Methods extends RoleMethods> {
  /** Asks the process, and waits for its answer. */
  call<Name extends keyof Methods & string>(
    method: Name,
    ...input: Parameters<Methods[Name]>
  ): Promise<Awaited<ReturnType<Methods[Name]>>>
  /** The process's number, for those who look whether it is gone. */
  readonly pid: number
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>
}

/**
 * Starts a role.
 *
 * @param module The role's module, beside this one; it calls {@link serveRole}.
 * @param onLog Is given each line that the process writes to its standard error.
 */
export function startRole<Methods extends RoleMethods>(
  module: URL,
  onLog: (line: string) => void,
): RoleProcess<Methods> {
  const child = fork(fileURLToPath(module), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  const waiting = new Map<number, Waiter>()
  let count = 0
  readLines(child, onLog)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.on('message', (answer: Answer) => {
    const call = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('output' in answer) call?.resolve(answer.output)
    else call?.reject(Object.assign(new Error(answer.error.message), answer.error))
  })
  void exited.then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the process of a role has ended'))
    waiting.clear()
  })
  return {
    pid: child.pid ?? 0,
    call: (method, ...[input]) =>
      new Promise((resolve, reject) => {
        const id = ++count
        waiting.set(id, { resolve: resolve as Waiter['resolve'], reject })
        child.send({ id, method, input } satisfies Call, (error) => {
          if (error !== null) reject(error)
        })
      }),
    async stop() {
      if (child.connected) child.disconnect()
      const cancel = systemTimers.after(2000, () => child.kill('SIGKILL'))
      await exited
      cancel()
    },
  }
}

function readLines(child: ChildProcess, onLog: (line: string) => void): void {
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLog(line)
  })
}

/**
 * Makes this process a role: it answers calls until the one who started it is gone, whatever ended that one.
 */
export function serveRole(methods: RoleMethods): void {
  process.on('disconnect', () => process.exit(0))
  process.on('message', (call: Call) => {
    void answer(call, methods).then((reply) => process.send?.(reply))
  })
}

async function answer({ id, method, input }: Call, methods: RoleMethods): Promise<Answer> {
  try {
    const run = methods[method]
    if (run === undefined) throw new TypeError('the role has no such method')
    return { id, output: await run(input as never) }
  } catch (error) {
    if (error instanceof ComityError) return { id, error: error.toJSON() }
    return { id, error: { message: error instanceof Error ? error.message : 'unknown' } }
  }
}
