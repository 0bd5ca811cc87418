/**
 * ESLint rules that keep ambient time, randomness, network, environment and parsing out of the areas
 * which get them as arguments. An area's grants are the exceptions, and are listed in eslint.config.js.
 */

/**
 * What an area may take from its surroundings although the others must not.
 *
 * @typedef {'time' | 'random' | 'subtle' | 'network' | 'environment' | 'node' | 'console' | 'json'} Grant
 */

/** @type {readonly { grant: readonly Grant[], names: readonly string[], message: string }[]} */
const GLOBALS = [
  {
    grant: ['network'],
    names: ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'],
    message: 'take a GuardedFetch as argument: only net opens connections',
  },
  {
    grant: ['time'],
    names: ['setTimeout', 'setInterval', 'setImmediate', 'performance', 'globalThis'],
    message: 'take a Clock or Timers as argument: runtime has the defaults',
  },
  {
    grant: ['random', 'subtle'],
    names: ['crypto'],
    message: 'use the functions of runtime (random, digests) and keys (signatures)',
  },
  {
    grant: ['node'],
    names: ['process', 'Buffer', 'require', '__dirname', '__filename'],
    message: 'the core runs on Web APIs only: use Uint8Array, and leave Node to adapters',
  },
]

/** @type {readonly { grant: Grant, object: string, property: string, message: string }[]} */
const PROPERTIES = [
  { grant: 'time', object: 'Date', property: 'now', message: 'take a Clock as argument' },
  { grant: 'random', object: 'Math', property: 'random', message: 'use randomBytes of runtime' },
  { grant: 'random', object: 'crypto', property: 'getRandomValues', message: 'use randomBytes of runtime' },
  { grant: 'random', object: 'crypto', property: 'randomUUID', message: 'use randomId of runtime' },
  { grant: 'subtle', object: 'crypto', property: 'subtle', message: 'only keys, zk and handshake use it' },
  { grant: 'environment', object: 'process', property: 'env', message: 'only adapters and cli read it' },
  { grant: 'json', object: 'JSON', property: 'parse', message: 'use parseJson of encoding: it has limits' },
]

const REGEXP = 'never build a regular expression from a value: compare strings'
const DATE = 'take a Clock as argument: this reads the ambient time'

/** @type {readonly { grant?: Grant, selector: string, message: string }[]} */
const SYNTAX = [
  { selector: 'ExportDefaultDeclaration', message: 'export by name' },
  { selector: "ExportSpecifier[exported.name='default']", message: 'export by name' },
  { selector: 'TSEnumDeclaration', message: 'use a union of string literals' },
  { selector: "NewExpression[callee.name='RegExp'][arguments.0.type!='Literal']", message: REGEXP },
  { selector: "CallExpression[callee.name='RegExp'][arguments.0.type!='Literal']", message: REGEXP },
  { grant: 'time', selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: DATE },
  { grant: 'time', selector: "CallExpression[callee.name='Date']", message: DATE },
]

/**
 * The rules for the files of one area.
 *
 * @param {readonly Grant[]} grants What these files may use.
 * @returns {import('eslint').Linter.RulesRecord} All four rules, since a later entry of a flat
 *   configuration replaces a rule's options and does not add to them.
 */
export function ambientRules(grants) {
  const has = (/** @type {Grant | undefined} */ grant) => grant !== undefined && grants.includes(grant)
  const globals = GLOBALS.filter(({ grant }) => !grant.some(has)).flatMap(({ names, message }) =>
    names.map((name) => ({ name, message })),
  )
  const properties = PROPERTIES.filter(({ grant }) => !has(grant)).map(({ object, property, message }) => ({
    object,
    property,
    message,
  }))
  const syntax = SYNTAX.filter(({ grant }) => !has(grant)).map(({ selector, message }) => ({
    selector,
    message,
  }))
  return {
    'no-restricted-globals': ['error', ...globals],
    'no-restricted-properties': ['error', ...properties],
    'no-restricted-syntax': ['error', ...syntax],
    'no-console': has('console') ? 'off' : 'error',
  }
}
