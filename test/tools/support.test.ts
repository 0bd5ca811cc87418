import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mirror } from '../../tools/build.mjs'
import { summarize } from '../../tools/ci-summary.mjs'
import { performAll } from '../../tools/support/lanes.mjs'
import { packageOf, resolveTarget, sourceOf, targetFiles } from '../../tools/support/package.mjs'
import { makeTree } from './tree.ts'

describe('mirror', () => {
  it('makes a folder hold the same files as another', () => {
    const from = makeTree({ 'same.js': '1', 'changed.js': '2', 'deep/new.js': '3' })
    const to = makeTree({ 'same.js': '1', 'changed.js': 'old', 'deep/stale.js': '4' })
    mirror(from, to)
    expect(readFileSync(join(to, 'changed.js'), 'utf8')).toBe('2')
    expect(readFileSync(join(to, 'deep/new.js'), 'utf8')).toBe('3')
    expect(existsSync(join(to, 'deep/stale.js'))).toBe(false)
    // A file that does not differ is left where it is: a program may be running from it.
    expect(existsSync(join(from, 'same.js'))).toBe(true)
  })
})

describe('summarize', () => {
  const run = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1, success: true }

  it('adds up checks and test runs', () => {
    const folder = makeTree({ 'check.json': { passed: 3, failed: 1, skipped: 2 }, 'test.json': run })
    expect(summarize(folder, ['check', 'test'])).toEqual({ passed: 8, failed: 1, skipped: 4 })
  })

  it('counts a step without a report as a failure', () => {
    expect(summarize(makeTree({ 'test.json': run }), ['check', 'test'])).toMatchObject({
      passed: 5,
      failed: 1,
    })
  })

  it('counts a run that failed without a failed test', () => {
    const folder = makeTree({ 'test.json': { ...run, success: false } })
    expect(summarize(folder, ['test'])).toMatchObject({ failed: 1 })
  })
})

describe('performAll', () => {
  const passing = ['--eval', "console.log('quiet')"]
  const failing = ['--eval', "console.log('why'); process.exit(3)"]

  it('tells how each check ended, and prints only what failed', async () => {
    const lines: string[] = []
    const checks = [
      { name: 'good', args: passing },
      { name: 'bad', args: failing },
      { name: 'onGood', args: passing, after: 'good' },
      { name: 'onBad', args: passing, after: 'bad' },
    ]
    const counts = await performAll(checks, process.cwd(), (line) => lines.push(line))
    expect(counts).toEqual({ passed: 2, failed: 1, skipped: 1 })
    const text = lines.join('\n')
    expect(text).toMatch(/^ok {3}good/m)
    expect(text).toMatch(/^FAIL bad .*\n {5}why$/m)
    expect(text).toMatch(/^skip onBad/m)
    expect(text).not.toContain('quiet')
  })
})

describe('package.json', () => {
  const target = { 'comity-source': './src/a.ts', node: { import: './dist/a.js' }, default: './dist/b.js' }

  it('is resolved by the order of the conditions', () => {
    expect(resolveTarget(target, ['node', 'import'])).toBe('./dist/a.js')
    expect(resolveTarget(target, ['node'])).toBe('./dist/b.js')
    expect(resolveTarget(target, [])).toBe('./dist/b.js')
    expect(resolveTarget({ node: './a.js' }, [])).toBeUndefined()
    expect(targetFiles(target)).toEqual(['./src/a.ts', './dist/a.js', './dist/b.js'])
  })

  it('leads from built files to sources, and from specifiers to packages', () => {
    expect(sourceOf('./dist/a/index.js')).toBe('src/a/index.ts')
    expect(sourceOf('./dist/a/index.d.ts')).toBe('src/a/index.ts')
    expect(sourceOf('./src/a.ts')).toBe('src/a.ts')
    expect(packageOf('@noble/hashes/sha2.js')).toBe('@noble/hashes')
    expect(packageOf('jose/jwt/verify')).toBe('jose')
  })
})
