import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { figure, type Report } from '../support/result.ts'
import { median } from '../support/statistics.ts'

/** How much is measured. */
export interface FirstEffort {
  /** How many processes verify their first proof. */
  readonly processes: number
}

interface Spent {
  readonly time: number
  readonly cpu: number
}

/** Milliseconds that the first verification of a process may take. */
const GOAL = 150

/** What the first verification of a process takes, with the loading of the key, after the import. */
export async function benchFirstVerification(
  bench: string,
  report: Report,
  { processes }: FirstEffort,
): Promise<void> {
  const spent: Spent[] = []
  for (let run = 0; run < processes; run += 1) spent.push(await firstVerification())
  const name = 'first verification of a process'
  report(figure(bench, name, 'time p50', median(spent.map(({ time }) => time)), 'ms', GOAL))
  report(figure(bench, name, 'cpu', median(spent.map(({ cpu }) => cpu)), 'µs'))
}

function firstVerification(): Promise<Spent> {
  const isSource = import.meta.url.endsWith('.ts')
  const program = new URL(isSource ? './first-process.ts' : './first-process.js', import.meta.url)
  const child = fork(fileURLToPath(program), {
    execArgv: isSource ? ['--import', 'tsx', '--conditions=comity-source'] : [],
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => {
      reject(new Error('the process has ended'))
    })
    child.once('message', (spent) => {
      resolve(spent as Spent)
    })
  })
}
