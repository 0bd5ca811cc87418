import { Linter } from 'eslint'
import tseslint from 'typescript-eslint'
import { describe, expect, it } from 'vitest'
import { ambientRules, type Grant } from '../../tools/eslint/ambient.mjs'
import { tsdocPlugin } from '../../tools/eslint/tsdoc.mjs'

const languageOptions = { parser: tseslint.parser }

/** Which of the ambient rules a text breaks where an area has the grants. */
function broken(text: string, grants: readonly Grant[] = []): (string | null)[] {
  const rules = ambientRules(grants)
  return new Linter().verify(text, [{ languageOptions, rules }], 'a.js').map(({ ruleId }) => ruleId)
}

/** What TSDoc complains about, by message id. */
function complaints(comment: string): (string | undefined)[] {
  const config = {
    languageOptions,
    plugins: { tsdoc: tsdocPlugin },
    rules: { 'tsdoc/syntax': 'error' },
  } as const
  const messages = new Linter().verify(`${comment}\nexport const a = 1`, [config], 'a.js')
  return messages.map(({ messageId }) => messageId)
}

describe('ambientRules', () => {
  const cases: [string, string, Grant | undefined][] = [
    ["fetch('https://a.example')", 'no-restricted-globals', 'network'],
    ["new WebSocket('wss://a.example')", 'no-restricted-globals', 'network'],
    ['setTimeout(run, 5)', 'no-restricted-globals', 'time'],
    ['setInterval(run, 5)', 'no-restricted-globals', 'time'],
    ['performance.timeOrigin', 'no-restricted-globals', 'time'],
    ["globalThis['fetch']", 'no-restricted-globals', 'time'],
    ['Date.now()', 'no-restricted-properties', 'time'],
    ['const { now } = Date', 'no-restricted-properties', 'time'],
    ['new Date()', 'no-restricted-syntax', 'time'],
    ['Date()', 'no-restricted-syntax', 'time'],
    ['Math.random()', 'no-restricted-properties', 'random'],
    ['Buffer.from(text)', 'no-restricted-globals', 'node'],
    ['process.exit()', 'no-restricted-globals', 'node'],
    ['JSON.parse(text)', 'no-restricted-properties', 'json'],
    ["console.log('a')", 'no-console', 'console'],
    ['new RegExp(text)', 'no-restricted-syntax', undefined],
    ['RegExp(`${text}`)', 'no-restricted-syntax', undefined],
    ['export default 1', 'no-restricted-syntax', undefined],
    ['const a = 1\nexport { a as default }', 'no-restricted-syntax', undefined],
    ['enum A { B }', 'no-restricted-syntax', undefined],
  ]

  it.each(cases)('refuse %s by %s', (text, rule) => {
    expect(broken(text)).toEqual([rule])
  })

  it.each(cases.filter(([, , grant]) => grant !== undefined))(
    'allow %s with a grant',
    (text, _rule, grant) => {
      expect(broken(text, [grant!])).toEqual([])
    },
  )

  it('tell the uses of crypto apart', () => {
    expect(broken('crypto.subtle')).toContain('no-restricted-globals')
    expect(broken('crypto.subtle', ['subtle'])).toEqual([])
    expect(broken('crypto.subtle', ['random'])).toEqual(['no-restricted-properties'])
    expect(broken('crypto.getRandomValues(bytes)', ['random'])).toEqual([])
    expect(broken('crypto.getRandomValues(bytes)', ['subtle'])).toEqual(['no-restricted-properties'])
  })

  it('keep the environment from those who may use Node', () => {
    expect(broken('process.env.HOME', ['node'])).toEqual(['no-restricted-properties'])
    expect(broken('process.env.HOME', ['node', 'environment'])).toEqual([])
  })

  it.each([
    'new Date(0)',
    'Date.parse(text)',
    "new RegExp('a')",
    'JSON.stringify(a)',
    'clock.now()',
    'a.fetch(b)',
  ])('allow %s', (text) => {
    expect(broken(text)).toEqual([])
  })
})

describe('tsdoc/syntax', () => {
  it.each([
    '/**\n * @throws {VerificationError} `COMITY_X` when it is so.\n */',
    '/**\n * @throws {VerificationError | TrustError} When it is so.\n */',
    '/** @throws {TypeError} When it is so. */',
    '/**\n * @param a What it is.\n */',
    '/**\n * @see {@link https://a.example/b RFC 9449 §4.3}\n */',
    '/**\n * @module\n */',
  ])('accepts %j', (comment) => {
    expect(complaints(comment)).toEqual([])
  })

  it.each([
    ['/**\n * A {VerificationError} elsewhere.\n */', 'tsdoc-malformed-inline-tag'],
    ['/**\n * @throws {TypeError} For {@lin b}.\n */', 'tsdoc-undefined-tag'],
    ['/**\n * @throws {TypeError} For {a}.\n */', 'tsdoc-malformed-inline-tag'],
    ['/**\n * @nonsense\n */', 'tsdoc-undefined-tag'],
    ['/**\n * {@link other thing}\n */', 'tsdoc-reference-missing-dot'],
  ])('refuses %j', (comment, message) => {
    expect(complaints(comment)).toContain(message)
  })
})
