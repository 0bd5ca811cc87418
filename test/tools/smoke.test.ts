import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { smoke } from '../../tools/smoke.mjs'
import { makeTree } from './tree.ts'

const manifest = {
  name: 'comity',
  version: '1.0.0',
  type: 'module',
  bin: { comity: './dist/bin.js' },
  exports: { './a': './dist/a.js', './package.json': './package.json' },
  imports: { '#b': { 'comity-source': './src/b.ts', default: './dist/b.js' } },
  dependencies: { jose: '6.2.18' },
}
const files = {
  'package/dist/a.js': "export { b } from '#b'\nexport { base64url } from 'jose'",
  'package/dist/a.d.ts': "export { b } from '#b'\nexport { base64url } from 'jose'",
  'package/dist/b.js': 'export const b = 1',
  'package/dist/b.d.ts': 'export declare const b = 1',
  'package/dist/bin.js': "#!/usr/bin/env node\nconsole.log('1.0.0')",
}

/** What does not work in a tarball like the sound one above, with some files replaced. */
function check(changes: Record<string, string | object>): string[] {
  const root = makeTree({ 'package/package.json': manifest, ...files, ...changes })
  execFileSync('chmod', ['+x', join(root, 'package/dist/bin.js')])
  execFileSync('tar', ['-czf', 'comity.tgz', 'package'], { cwd: root })
  return smoke(join(root, 'comity.tgz'))
}

// Each runs the compiler once more.
describe('smoke', { timeout: 120_000 }, () => {
  it('finds nothing wrong with a sound tarball', () => {
    expect(check({})).toEqual([])
  })

  it('finds what was not packed, not declared, not runnable and not typed', () => {
    const problems = check({
      'package/package.json': { ...manifest, imports: { ...manifest.imports, '#c': './dist/c.js' } },
      'package/dist/a.js': "import 'vitest'\nexport const a = 1",
      'package/dist/a.d.ts': "export { gone } from './gone.js'",
      'package/dist/bin.js': '#!/usr/bin/env node\nprocess.exit(1)',
    })
    expect(problems).toEqual([
      'the tarball has no ./dist/c.js',
      expect.stringMatching(/^import 'comity\/a': .*Cannot find package 'vitest'/),
      'comity --version: no output',
      expect.stringContaining("Cannot find module './gone.js'"),
    ])
  })

  it('finds a module that exports nothing', () => {
    const problems = check({ 'package/dist/a.js': '', 'package/dist/a.d.ts': 'export {}' })
    expect(problems).toEqual(["import 'comity/a': Error: exports nothing"])
  })
})
