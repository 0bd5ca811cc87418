/** Runs programs side by side, and says how each ended. */
import { spawn } from 'node:child_process'

const LANES = 2

/**
 * One command, and the check that has to pass before it.
 *
 * @typedef {object} Check
 * @property {string} name
 * @property {string[]} args For node.
 * @property {string} [after] The name of another check, earlier in the list.
 */

/** @typedef {'passed' | 'failed' | 'skipped'} Outcome */

/**
 * Prints a line for each check when it ends, and below it the whole output of one that fails.
 *
 * @param {readonly Check[]} checks In the order in which they start.
 * @param {string} cwd Where they run.
 * @param {(line: string) => void} [print] Gets the lines.
 * @returns {Promise<Record<Outcome, number>>} How many ended in which way.
 */
export async function performAll(checks, cwd, print = console.log) {
  /** @type {Map<string, Promise<Outcome>>} */
  const started = new Map()
  const queue = [...checks]
  const lane = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const outcome = perform(check, cwd, started, print)
      started.set(check.name, outcome)
      await outcome
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const outcome of await Promise.all(started.values())) counts[outcome]++
  return counts
}

/**
 * @param {Check} check
 * @param {string} cwd
 * @param {ReadonlyMap<string, Promise<Outcome>>} earlier
 * @param {(line: string) => void} print
 * @returns {Promise<Outcome>}
 */
async function perform({ name, args, after }, cwd, earlier, print) {
  if (after !== undefined && (await earlier.get(after)) !== 'passed') {
    print(`skip ${name.padEnd(9)} ${after} did not pass`)
    return 'skipped'
  }
  const start = performance.now()
  const { code, output } = await run(args, cwd)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  print(`${code === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(9)} ${seconds.padStart(5)} s`)
  if (code !== 0) print(output.trimEnd().replace(/^(?=.)/gm, '     '))
  return code === 0 ? 'passed' : 'failed'
}

/**
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run(args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}
