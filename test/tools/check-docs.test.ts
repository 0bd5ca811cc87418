import { describe, expect, it } from 'vitest'
import { checkDocs } from '../../tools/check-docs.mjs'
import { makeTree } from './tree.ts'

const INDEX = '/**\n * Things.\n *\n * @module\n */\n'

/** The problems of a package whose entry passes on one file with the text. */
function check(text: string, index = `${INDEX}export * from './thing.ts'\n`): string[] {
  const root = makeTree({
    'package.json': { name: 'things', exports: { './things': './dist/things/index.js' } },
    'tsconfig.json': {
      compilerOptions: {
        module: 'NodeNext',
        allowImportingTsExtensions: true,
        noEmit: true,
        noLib: true,
        types: [],
      },
    },
    'src/things/index.ts': index,
    'src/things/thing.ts': text,
  })
  return checkDocs(root)
}

describe('checkDocs lets pass', () => {
  it.each([
    ['a function', '/** Adds. */\nexport function add(): void {}'],
    [
      'an interface',
      '/** A. */\nexport interface A {\n  /** B. */\n  b: string\n  /** C. */\n  c(): void\n}',
    ],
    ['what is not exported', 'interface Hidden { a: 1 }\n/** A. */\nexport const a: Hidden = { a: 1 }'],
    ['a literal that tells branches apart', "/** A. */\nexport type A = { kind: 'a' } | { kind: 'b' }"],
    [
      'what a class inherits, hides or constructs',
      `/** A. */\nexport class A {\n  /** B. */\n  b(): void {}\n  private c = 1\n  #d = 2\n  constructor() {}\n}
      /** E. */\nexport class E extends A {\n  override b(): void {}\n}`,
    ],
    [
      'a brand',
      '/** A. */\ndeclare const a: unique symbol\n/** B. */\nexport interface B { readonly [a]: true }',
    ],
  ])('%s', (_name, text) => {
    expect(check(text)).toEqual([])
  })
})

describe('checkDocs refuses', () => {
  it.each([
    ['a function', 'export function add(): void {}', '1: add'],
    ['a constant', 'export const a = 1', '1: a'],
    ['an empty comment', '/** */\nexport const a = 1', '2: a'],
    ['a comment with tags only', '/** @internal */\nexport const a = 1', '2: a'],
    ['a line comment', '// A.\nexport const a = 1', '2: a'],
    ['a type', 'export type A = string', '1: A'],
    ['a class', 'export class A {}', '1: A'],
    ['a member of an interface', '/** A. */\nexport interface A {\n  b: string\n}', '3: A.b'],
    ['a method of an interface', '/** A. */\nexport interface A {\n  b(): void\n}', '3: A.b'],
    ['a call of an interface', '/** A. */\nexport interface A {\n  (b: string): void\n}', '3: A.(call)'],
    ['a member of a type', '/** A. */\nexport type A = { b: string }', '2: A.b'],
    ['a member in a union', "/** A. */\nexport type A = { kind: 'a'; b: string } | undefined", '2: A.b'],
    ['a member of a class', '/** A. */\nexport class A {\n  b = 1\n}', '3: A.b'],
  ])('%s', (_name, text, problem) => {
    expect(check(text)).toEqual([`src/things/thing.ts:${problem} has no docstring`])
  })

  it('a name that is passed on under another one, by its own', () => {
    const index = `${INDEX}export { a as b } from './thing.ts'\n`
    expect(check('export const a = 1', index)).toEqual(['src/things/thing.ts:1: a has no docstring'])
  })

  it('an index without @module', () => {
    const index = "/** Things. */\nexport * from './thing.ts'\n"
    expect(check('/** A. */\nexport const a = 1', index)).toEqual([
      expect.stringMatching(/^src\/things\/index.ts:1:/),
    ])
  })

  it('an entry that is not there', () => {
    const root = makeTree({
      'package.json': { name: 'things', exports: { '.': './dist/index.js' } },
      'tsconfig.json': {},
      'src/a.ts': '',
    })
    expect(checkDocs(root)).toEqual(['src/index.ts: not there, or exports nothing'])
  })
})
