import { describe, expect, it } from 'vitest'
import { importsOf, typescriptFiles } from '../../tools/support/imports.mjs'
import { makeTree } from './tree.ts'

describe('importsOf', () => {
  it.each([
    ['import', "import { a } from './x.ts'"],
    ['a bare import', "import './x.ts'"],
    ['import type', "import type { A } from './x.ts'"],
    ['an import over several lines', "import {\n  a,\n  type B,\n} from './x.ts'"],
    ['export from', "export { a } from './x.ts'"],
    ['export type from', "export type { A } from './x.ts'"],
    ['export all', "export * from './x.ts'"],
    ['export all as', "export * as x from './x.ts'"],
    ['import equals', "import x = require('./x.ts')"],
    ['export import equals', "export import x = require('./x.ts')"],
    ['a dynamic import', "const x = await import('./x.ts')"],
    ['a dynamic import in a template', 'const x = await import(`./x.ts`)'],
    ['a dynamic import with attributes', "const x = import('./x.ts', { with: { type: 'json' } })"],
    ['an import type', "type A = import('./x.ts').A"],
    ['typeof import', "type A = typeof import('./x.ts')"],
    ['require', "const x = require('./x.ts')"],
    ['require.resolve', "const x = require.resolve('./x.ts')"],
    ['import.meta.resolve', "const x = import.meta.resolve('./x.ts')"],
    ['an augmentation', "declare module './x.ts' { interface A { b: 1 } }"],
    ['a reference to a path', '/// <reference path="./x.ts" />'],
    ['a reference to types', '/// <reference types="./x.ts" />'],
  ])('finds %s', (_name, text) => {
    expect(importsOf('a.ts', text).map(({ specifier }) => specifier)).toEqual(['./x.ts'])
  })

  it.each([
    ['a name', 'const x = await import(name)'],
    ['a template with a substitution', 'const x = await import(`./${name}.ts`)'],
    ['nothing', 'const x = await import()'],
    ['a call', 'const x = require(join(a, b))'],
  ])('tells that the module is computed from %s', (_name, text) => {
    expect(importsOf('a.ts', text).map(({ specifier }) => specifier)).toEqual([undefined])
  })

  it.each([
    ['a comment', "// import './x.ts'"],
    ['a string', `const a = "import './x.ts'"`],
    ['a plain export', 'export const a = 1'],
    ['other methods called resolve', "const a = resolver.resolve('./x.ts')"],
    ['import.meta.url', 'const a = import.meta.url'],
  ])('finds nothing in %s', (_name, text) => {
    expect(importsOf('a.ts', text)).toEqual([])
  })

  it('counts lines from 1', () => {
    expect(importsOf('a.ts', "\n\nimport './x.ts'\n")).toEqual([{ specifier: './x.ts', line: 3 }])
  })
})

describe('typescriptFiles', () => {
  it('lists the files below a folder by their relative paths', () => {
    const root = makeTree({ 'b.ts': '', 'a/c.ts': '', 'a/d.tsx': '', 'a/e.json': '', 'a/f.mts': '' })
    expect(typescriptFiles(root)).toEqual(['a/c.ts', 'a/d.tsx', 'a/f.mts', 'b.ts'])
  })
})
