/** Reads package.json: its public subpaths and its `#` imports, and the source files behind them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The condition under which `#` imports lead to the TypeScript sources: for tests and development only. */
export const SOURCE_CONDITION = 'comity-source'

/**
 * @typedef {string | { readonly [condition: string]: Target }} Target
 * @typedef {object} Package
 * @property {string} name
 * @property {Readonly<Record<string, Target>>} [exports]
 * @property {Readonly<Record<string, Target>>} [imports]
 * @property {Readonly<Record<string, string>>} [dependencies]
 * @property {Readonly<Record<string, string>>} [peerDependencies]
 */

/**
 * @param {string} root The folder of package.json.
 * @returns {Package}
 */
export function readPackage(root) {
  return /** @type {Package} */ (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
}

/**
 * The public subpaths that are modules, and the source file of each, relative to the package.
 *
 * @param {Package} pkg
 * @returns {{ subpath: string, source: string }[]}
 */
export function publicEntries({ exports = {} }) {
  return Object.entries(exports)
    .filter(([subpath]) => !subpath.endsWith('.json'))
    .map(([subpath, target]) => {
      const file = resolveTarget(target, ['node', 'import'])
      if (file === undefined || subpath.includes('*')) throw new Error(`exports of ${subpath}: name one file`)
      return { subpath, source: sourceOf(file) }
    })
}

/**
 * The file that a runtime with these conditions takes. As in Node, the order of the keys decides.
 *
 * @param {Target} target A value of `exports` or `imports`.
 * @param {readonly string[]} conditions Without `default`, which always holds.
 * @returns {string | undefined}
 */
export function resolveTarget(target, conditions) {
  if (typeof target === 'string') return target
  for (const [condition, next] of Object.entries(target)) {
    if (condition !== 'default' && !conditions.includes(condition)) continue
    const file = resolveTarget(next, conditions)
    if (file !== undefined) return file
  }
  return undefined
}

/**
 * Every file that a target names under any condition.
 *
 * @param {Target} target A value of `exports` or `imports`.
 * @returns {string[]}
 */
export function targetFiles(target) {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(targetFiles)
}

/**
 * The source of a built file: `./dist/did/index.js` comes from `src/did/index.ts`.
 *
 * @param {string} file As package.json spells it.
 */
export function sourceOf(file) {
  return file
    .replace(/^\.\//, '')
    .replace(/^dist\//, 'src/')
    .replace(/(\.d)?\.[jt]s$/, '.ts')
}

/**
 * The package of a bare specifier: `@noble/hashes/sha2.js` is in `@noble/hashes`.
 *
 * @param {string} specifier Neither relative nor `#`.
 */
export function packageOf(specifier) {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
