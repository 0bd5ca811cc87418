/**
 * `npm run check`: everything that has to hold besides the tests, two checks at a time, one line each, and the
 * whole output of those that fail.
 *
 * node tools/check.mjs [--report FILE] [names of checks, default all]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { performAll } from './support/lanes.mjs'
import { ROOT } from './support/main.mjs'

/**
 * The longest first, so that the two lanes end at about the same time.
 *
 * @param {string} folder For what the checks leave to each other.
 * @returns {import('./support/lanes.mjs').Check[]}
 */
function checks(folder) {
  const tarball = join(folder, 'comity.tgz')
  const tool = (/** @type {string} */ path) => join('node_modules', path)
  return [
    { name: 'pack', args: ['tools/pack.mjs', folder] },
    { name: 'eslint', args: [tool('eslint/bin/eslint.js'), '--max-warnings', '0', '.'] },
    { name: 'types', args: [tool('typescript/bin/tsc'), '--noEmit', '--pretty', 'false'] },
    { name: 'tools', args: [tool('typescript/bin/tsc'), '-p', 'tools', '--pretty', 'false'] },
    { name: 'prettier', args: [tool('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'] },
    { name: 'docs', args: ['tools/check-docs.mjs'] },
    { name: 'layers', args: ['tools/check-layers.mjs'] },
    { name: 'reach', args: ['tools/check-reach.mjs'] },
    { name: 'circuits', args: ['circuits/check.mjs'] },
    { name: 'development key', args: ['tools/development-key.mjs', '--check'] },
    { name: 'leaks', args: ['tools/check-leaks.mjs'] },
    { name: 'smoke', args: ['tools/smoke.mjs', tarball], after: 'pack' },
    {
      name: 'attw',
      args: [
        tool('@arethetypeswrong/cli/dist/index.js'),
        '--no-definitely-typed',
        '--profile',
        'esm-only',
        tarball,
      ],
      after: 'pack',
    },
    { name: 'publint', args: [tool('publint/src/cli.js'), 'run', '--strict', tarball], after: 'pack' },
  ]
}

const { values, positionals } = parseArgs({ options: { report: { type: 'string' } }, allowPositionals: true })
mkdirSync(join(ROOT, '.cache'), { recursive: true })
const folder = mkdtempSync(join(ROOT, '.cache/check-'))
try {
  const all = checks(folder)
  const wanted = all.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const selected = all.filter((check) => wanted.some((one) => one === check || one.after === check.name))
  const counts = await performAll(selected, ROOT)
  if (values.report !== undefined) writeFileSync(values.report, JSON.stringify(counts))
  if (counts.failed > 0 || selected.length === 0) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
