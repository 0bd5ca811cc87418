import { Worker, type WorkerOptions } from 'node:worker_threads'

/** Runs the sources as they are, in development: Node itself takes no TypeScript in a thread. */
const FROM_SOURCE = `import('tsx/esm/api').then(({ register }) => {
  register()
  return import(require('node:worker_threads').workerData.module)
})`

/**
 * What the web-worker package, which snarkjs loads, runs when it finds itself in a thread that it has not started:
 * nothing. Without it the package complains on the console.
 */
const NOTHING_TO_RUN = 'data:,'

/**
 * Starts a thread. What it writes to its console goes nowhere, since it works with secrets.
 *
 * @param module - The module that the thread runs.
 * @param workerData - What the thread is given, beside `module` and `mod`.
 * @param options - Further options of the thread.
 * @returns The thread, which keeps the process alive until it is told not to.
 */
export function startThread(
  module: URL,
  workerData: Readonly<Record<string, unknown>>,
  options: Pick<WorkerOptions, 'transferList' | 'resourceLimits' | 'name'>,
): Worker {
  const fromSource = module.pathname.endsWith('.ts')
  return new Worker(fromSource ? FROM_SOURCE : module, {
    ...options,
    ...(fromSource ? { eval: true, execArgv: [] } : {}),
    workerData: { ...workerData, module: module.href, mod: NOTHING_TO_RUN },
    stdin: false,
    // Kept from the process's own, and not read: reading would keep the process alive.
    stdout: true,
    stderr: true,
  })
}
