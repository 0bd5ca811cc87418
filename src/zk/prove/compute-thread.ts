import { workerData, type MessagePort } from 'node:worker_threads'
import type { CurveCommand } from 'snarkjs'
import { createTaskRunner } from './task-runner.ts'

/** What the thread is started with. */
interface ComputeThreadData {
  readonly port: MessagePort
  readonly code: Uint8Array
}

const { port, code } = workerData as ComputeThreadData

// The runner is asked once it is there: messages wait in the port until then.
const run = await createTaskRunner(code)
port.on('message', (task: readonly CurveCommand[]) => {
  const results = run(task)
  port.postMessage(
    results,
    results.map((result) => result.buffer),
  )
})
