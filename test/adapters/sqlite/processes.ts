import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Timers } from '../../../src/runtime/index.ts'

/** Timers whose time never comes. */
export const without: Timers = { after: () => () => undefined, every: () => () => undefined }

/** What a writer writes under a number: several pages long, and each of its lines says which it is. */
export function valueOf(name: string, number: number): string {
  return `${name} ${String(number)}\n`.repeat(1 + ((number * 97) % 900))
}

/** Starts a process of `worker.ts`. Its standard output is a pipe. */
export function startWorker(role: string, file: string, name: string): ChildProcess {
  return fork(fileURLToPath(new URL('worker.ts', import.meta.url)), [role, file, name], {
    execArgv: ['--import', 'tsx', '--conditions=comity-source'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
}

/** The first message that a worker sends. */
export function messageOf<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      resolve(message as Message)
    })
    child.once('exit', (code, signal) => {
      reject(new Error(`the worker ended with ${String(code ?? signal)}`))
    })
  })
}

/** Ends a worker, at once. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGKILL')
  await ended
}
