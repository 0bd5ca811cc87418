import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkLayers } from '../../tools/check-layers.mjs'
import { makeTree } from './tree.ts'

const manifest = {
  name: 'comity',
  imports: {
    '#net/transport': { node: './dist/net/transport/node.js', default: './dist/net/transport/unpinned.js' },
    '#net/astray': { node: './dist/net/transport/node.js', default: './dist/keys/key.js' },
  },
}

/** The problems of a tree in which one file has the text. */
function check(file: string, text: string): string[] {
  const root = makeTree({ 'package.json': manifest, [`src/${file}`]: text })
  return checkLayers(join(root, 'src'))
}

describe('checkLayers lets pass', () => {
  it.each([
    ['a lower layer through its index', 'keys/a.ts', "import { a } from '../encoding/index.ts'"],
    ['the own area, whatever file', 'keys/a.ts', "import { b } from './deep/b.ts'"],
    ['another listed door', 'agent/a.ts', "import { prove } from '../zk/prove.ts'"],
    ['an adapter by its index', 'cli/a.ts', "import { serve } from '../adapters/node/index.ts'"],
    ['a file at the root that uses doors', 'index.ts', "export { a } from './agent/index.ts'"],
    ['the own `#` import', 'net/a.ts', "import { t } from '#net/transport'"],
    [
      'packages and builtins, which are for check-reach',
      'net/a.ts',
      "import 'ipaddr.js'\nimport 'node:https'",
    ],
  ])('%s', (_name, file, text) => {
    expect(check(file, text)).toEqual([])
  })
})

describe('checkLayers refuses', () => {
  it.each([
    ['a layer above', 'keys/a.ts', "import { a } from '../did/index.ts'", 'keys must not import did'],
    ['the same layer', 'keys/a.ts', "import { a } from '../net/index.ts'", 'keys must not import net'],
    [
      'a layer above, as a type',
      'keys/a.ts',
      "import type { A } from '../did/index.ts'",
      'must not import did',
    ],
    ['a layer above, passed on', 'keys/a.ts', "export * from '../did/index.ts'", 'must not import did'],
    ['a layer above, at run time', 'keys/a.ts', "await import('../did/index.ts')", 'must not import did'],
    [
      'a layer above, by require',
      'keys/a.ts',
      "import d = require('../did/index.ts')",
      'must not import did',
    ],
    ['a layer above, in a type', 'keys/a.ts', "type A = import('../did/index.ts').A", 'must not import did'],
    ['a way around the door', 'did/a.ts', "import { a } from '../keys/jwk.ts'", 'import a door of keys'],
    [
      'a folder instead of its index',
      'did/a.ts',
      "import { a } from '../keys'",
      'must not import keys, which may',
    ],
    [
      'a way around an adapter',
      'adapters/a/a.ts',
      "import { b } from '../b/b.ts'",
      'import a door of adapters',
    ],
    ['a way around a door, from the root', 'index.ts', "export { a } from './keys/jwk.ts'", 'a door of keys'],
    ['an unknown area', 'keys/a.ts', "import { a } from '../nowhere/index.ts'", 'unknown area nowhere'],
    ['files in an unknown area', 'nowhere/a.ts', 'export const a = 1', 'nowhere/: not an area of any layer'],
    ['the root', 'keys/a.ts', "import { a } from '../index.ts'", 'keys must not import index.ts'],
    [
      'what is outside the sources',
      'keys/a.ts',
      "import { a } from '../../test/a.ts'",
      'must not leave the sources',
    ],
    ['a computed import', 'keys/a.ts', 'await import(name)', 'name the imported module by a literal'],
    ['the package by its name', 'keys/a.ts', "import { a } from 'comity'", 'not through comity'],
    [
      'a subpath of the package',
      'keys/a.ts',
      "import { a } from 'comity/errors'",
      'not through comity/errors',
    ],
    [
      'the `#` import of another area',
      'did/a.ts',
      "import { t } from '#net/transport'",
      'is for that area alone',
    ],
    ['a `#` import with a target elsewhere', 'net/a.ts', "import '#net/astray'", 'leads to keys/key.ts'],
    ['an unknown `#` import', 'net/a.ts', "import { t } from '#net/x'", 'package.json has no import #net/x'],
    ['an absolute path', 'keys/a.ts', "import '/etc/a.ts'", 'neither absolute paths nor URLs'],
    ['a URL', 'keys/a.ts', "import 'data:text/javascript,1'", 'neither absolute paths nor URLs'],
  ])('%s', (_name, file, text, problem) => {
    const problems = check(file, text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
  })

  it('a tree without any file', () => {
    const root = makeTree({ 'package.json': manifest, 'src/readme.md': '' })
    expect(checkLayers(join(root, 'src'))).toEqual([expect.stringContaining('no TypeScript file')])
  })

  it('and says where', () => {
    expect(check('keys/a.ts', "\nimport { a } from '../did/index.ts'")).toEqual([
      'keys/a.ts:2: keys must not import did',
    ])
  })
})
