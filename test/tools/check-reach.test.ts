import { describe, expect, it } from 'vitest'
import { checkReach } from '../../tools/check-reach.mjs'
import { makeTree } from './tree.ts'

const manifest = {
  name: 'comity',
  exports: {
    './errors': './dist/errors/index.js',
    './net': './dist/net/index.js',
    './adapters/node': './dist/adapters/node/index.js',
    './package.json': './package.json',
  },
  imports: {
    '#net/transport': { node: './dist/net/transport/node.js', default: './dist/net/transport/unpinned.js' },
  },
  dependencies: { pinned: '1.0.0' },
}
const sources = {
  'package.json': manifest,
  'src/errors/index.ts': 'export const a = 1',
  'src/net/index.ts': "import { t } from '#net/transport'\nimport 'pinned/deep.js'\nexport const b = t",
  'src/net/transport/node.ts': "import { connect } from 'node:tls'\nexport const t = connect",
  'src/net/transport/unpinned.ts': 'export const t = 1',
  'src/adapters/node/index.ts': "import 'node:http'\nexport * from '../../net/index.ts'",
}
const packages = { net: ['pinned'] }

/** The problems of the sound tree above with some files replaced. */
function check(changes: Record<string, string | object>): string[] {
  return checkReach(makeTree({ ...sources, ...changes }), { packages }).problems
}

describe('checkReach', () => {
  it('says what each subpath reaches', () => {
    expect(checkReach(makeTree(sources), { packages })).toEqual({
      problems: [],
      reached: [
        './errors: 1 modules, nothing else',
        './net: 2 modules, node:tls, pinned',
        './adapters/node: 3 modules, node:http, node:tls, pinned',
      ],
    })
  })

  it('refuses a package in a bare subpath, however far away', () => {
    const problems = check({ 'src/errors/index.ts': "export * from '../net/index.ts'" })
    expect(problems).toContain('./errors must reach no package: src/net/index.ts imports pinned')
  })

  it('refuses a module of Node that is not behind a condition', () => {
    const problems = check({ 'src/net/index.ts': "import './transport/node.ts'\nimport 'pinned'" })
    expect(problems).toEqual(['./net must run without Node: src/net/transport/node.ts imports node:tls'])
  })

  it('refuses a module of Node that is named without `node:`, or as a type only', () => {
    expect(check({ 'src/errors/index.ts': "import 'fs'" })).toEqual([
      './errors must run without Node: src/errors/index.ts imports fs',
    ])
    expect(check({ 'src/errors/index.ts': "import type { Agent } from 'node:http'" })).toEqual([
      './errors must run without Node: src/errors/index.ts imports node:http',
    ])
  })

  it('refuses a module of Node on the path without the condition', () => {
    const problems = check({ 'src/net/transport/unpinned.ts': "import 'node:dns'\nexport const t = 1" })
    expect(problems).toEqual(['./net must run without Node: src/net/transport/unpinned.ts imports node:dns'])
  })

  it('refuses a reserved package outside its subpath', () => {
    const problems = checkReach(
      makeTree({
        ...sources,
        'package.json': { ...manifest, peerDependencies: { snarkjs: '0.7.0' } },
        'src/net/index.ts': "import 'pinned'\nexport const prove = () => import('snarkjs')",
      }),
      { packages: { net: ['pinned', 'snarkjs'] } },
    ).problems
    expect(problems).toEqual([
      './net must not reach snarkjs: src/net/index.ts imports it',
      './adapters/node must not reach snarkjs: src/net/index.ts imports it',
    ])
  })

  it('refuses a package that the area may not import', () => {
    const problems = check({ 'src/adapters/node/index.ts': "import 'pinned'" })
    expect(problems).toEqual(['adapters/node/index.ts: may not import pinned'])
  })

  it('refuses a package that is no dependency, or a development one', () => {
    const problems = checkReach(
      makeTree({
        ...sources,
        'package.json': { ...manifest, devDependencies: { vitest: '1.0.0' } },
        'src/adapters/node/index.ts': "import 'vitest'",
      }),
      { packages: { ...packages, adapters: ['vitest'] } },
    ).problems
    expect(problems).toEqual(['adapters/node/index.ts: vitest is no dependency in package.json'])
  })

  it('refuses a dependency that nothing imports', () => {
    const problems = check({
      'package.json': { ...manifest, dependencies: { pinned: '1.0.0', idle: '1.0.0' } },
    })
    expect(problems).toEqual(['package.json: no source imports idle'])
  })

  it('refuses a subpath or an import without a file', () => {
    const exports = { ...manifest.exports, './gone': './dist/gone/index.js' }
    expect(check({ 'package.json': { ...manifest, exports } })).toEqual([
      './gone: there is no src/gone/index.ts',
    ])
    expect(check({ 'src/errors/index.ts': "export * from './gone.ts'" })).toEqual([
      'src/errors/index.ts: imports src/errors/gone.ts, which is not there',
    ])
  })

  it('refuses exports by pattern, which it could not follow', () => {
    const exports = { './adapters/*': './dist/adapters/*/index.js' }
    expect(() => check({ 'package.json': { ...manifest, exports } })).toThrow('name one file')
  })
})
