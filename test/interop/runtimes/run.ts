import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { ROOT } from '../../../tools/support/main.mjs'
import { installProgram } from './install.ts'
import type { Runtime } from './runtimes.ts'

const RUN_MS = 90_000
const execute = promisify(execFile)

/**
 * Runs one of a project's modules and reads the JSON that it prints.
 *
 * @param folder - The project.
 * @param module - `main.mjs` or `pin.mjs`.
 */
export async function runModule(runtime: Runtime, folder: string, module: string): Promise<unknown> {
  const { program, kind } = runtime
  const executable = program === undefined ? process.execPath : await installProgram(program)
  if (kind === 'pinless') return askWorker(executable, folder)
  const args = [...argumentsFor(kind, folder), module]
  const { stdout } = await execute(executable, args, {
    cwd: folder,
    timeout: RUN_MS,
    // Nothing of npm's and vitest's environment, and no home that a runtime would write to.
    env: { HOME: folder, DENO_DIR: join(folder, '.deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
  })
  return JSON.parse(stdout)
}

/** Nothing may be installed on the way. Deno grants files, the network and, for the option `ca`, its list of roots. */
function argumentsFor(kind: Runtime['kind'], folder: string): readonly string[] {
  if (kind === 'bun') return ['--no-install', 'run']
  if (kind !== 'deno') return []
  const read = `--allow-read=${folder},${join(ROOT, 'node_modules')}`
  return [
    'run',
    '--no-prompt',
    '--cached-only',
    '--node-modules-dir=manual',
    read,
    '--allow-net',
    '--allow-sys',
  ]
}

/** The worker's answer; it computes it when it is asked. */
async function askWorker(executable: string, folder: string): Promise<unknown> {
  const worker = spawn(executable, ['serve', 'worker.capnp', '--control-fd=3'], {
    cwd: folder,
    env: {},
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  worker.stderr?.on('data', (piece: Buffer) => (complaints += piece.toString()))
  try {
    const port = await portOf(worker)
    const response = await fetch(`http://127.0.0.1:${String(port)}/`, { signal: AbortSignal.timeout(RUN_MS) })
    return await response.json()
  } catch (cause) {
    throw new Error(`workerd: ${complaints}`, { cause })
  } finally {
    if (worker.exitCode === null && worker.kill()) await once(worker, 'exit')
  }
}

async function portOf(worker: ChildProcess): Promise<number> {
  let text = ''
  for await (const piece of worker.stdio[3] as Readable) {
    text += String(piece)
    if (text.includes('\n')) break
  }
  const event = text.split('\n')[0] ?? ''
  if (event === '') throw new Error('it ended before it listened')
  return (JSON.parse(event) as { port: number }).port
}
