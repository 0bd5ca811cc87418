/**
 * Judges cases in processes of their own, so that one that hangs or takes its process down fails alone.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Judge, Task } from './engine.ts'
import { fail, type Verdict } from './verdict.ts'

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))
/** Loading the library is not on the clock of the first case. */
const START_LIMIT_SECONDS = 60

/** A judge, and how to end its processes. */
export interface IsolatedJudge {
  readonly judge: Judge
  readonly close: () => void
}

/**
 * Makes a judge that keeps as many processes as cases are under judgement at once.
 *
 * @param drivers - Path of the module that the processes get their drivers from.
 * @param limitSeconds - How long a case may take.
 */
export function isolate(drivers: string, limitSeconds: number): IsolatedJudge {
  const idle: ChildProcess[] = []
  const all = new Set<ChildProcess>()

  const start = async (): Promise<ChildProcess> => {
    // The worker's output is not the report's.
    const child = fork(WORKER, [drivers], { stdio: ['ignore', 2, 2, 'ipc'] })
    all.add(child)
    child.once('exit', () => all.delete(child))
    const ready = await answerOf(child, START_LIMIT_SECONDS)
    if ('stopped' in ready) throw new Error(`a worker does not start: it ${ready.stopped}`)
    return child
  }

  const judge = async (task: Task): Promise<Verdict> => {
    const child = idle.pop() ?? (await start())
    child.send(task)
    const answer = await answerOf(child, limitSeconds)
    if ('stopped' in answer) {
      child.kill('SIGKILL')
      return fail(answer.stopped)
    }
    idle.push(child)
    return answer.message as Verdict
  }
  return {
    judge,
    close: () => {
      for (const child of all) child.kill('SIGKILL')
    },
  }
}

/** The next message of a process, or why there is none. */
async function answerOf(
  child: ChildProcess,
  seconds: number,
): Promise<{ readonly message: unknown } | { readonly stopped: string }> {
  const { signal, abort } = stopper(seconds)
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]: unknown[]) => ({ message })),
      once(child, 'exit', { signal }).then(() => ({ stopped: 'took its process down' })),
    ])
  } catch (error) {
    if (signal.aborted) return { stopped: `took longer than ${seconds} s` }
    throw error
  } finally {
    abort()
  }
}

function stopper(seconds: number): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), seconds * 1000)
  return {
    signal: controller.signal,
    abort: () => {
      clearTimeout(timer)
      controller.abort()
    },
  }
}
