/**
 * Adds up what the steps of a CI run left in a folder and prints it as one line, `N passed, N failed, N skipped`.
 * Fails when anything failed, when a step left no report, and when no test passed.
 *
 * node tools/ci-summary.mjs FOLDER STEP… (a step's report is FOLDER/STEP.json)
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runAsProgram } from './support/main.mjs'

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {string} folder Absolute.
 * @param {readonly string[]} steps The names of the reports.
 * @returns {Counts} A step without a report counts as one failure.
 */
export function summarize(folder, steps) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const step of steps) {
    const path = join(folder, `${step}.json`)
    const { passed, failed, skipped } = existsSync(path) ? countsOf(readFileSync(path, 'utf8')) : lost()
    total.passed += passed
    total.failed += failed
    total.skipped += skipped
  }
  return total
}

/**
 * @param {string} text A report of tools/check.mjs or of vitest's json reporter.
 * @returns {Counts}
 */
function countsOf(text) {
  const report = /** @type {Record<string, unknown>} */ (JSON.parse(text))
  const number = (/** @type {string} */ name) => Number(report[name] ?? 0)
  if ('passed' in report)
    return { passed: number('passed'), failed: number('failed'), skipped: number('skipped') }
  const failed = number('numFailedTests')
  return {
    passed: number('numPassedTests'),
    // A file that cannot be loaded, or an error between tests, fails the run without a failed test.
    failed: failed === 0 && report['success'] !== true ? 1 : failed,
    skipped: number('numPendingTests') + number('numTodoTests'),
  }
}

/** @returns {Counts} */
const lost = () => ({ passed: 0, failed: 1, skipped: 0 })

runAsProgram(import.meta.url, (folder = '.', ...steps) => {
  const { passed, failed, skipped } = summarize(resolve(folder), steps)
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  if (failed > 0 || passed === 0) process.exitCode = 1
  return []
})
