/**
 * Fails when a module imports from its own layer's neighbour, from a layer above, past another area's
 * door (its index.ts, or an entry listed here), or in a way that no check can follow.
 *
 * node tools/check-layers.mjs [folder of the sources, default src]
 */
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, posix, resolve } from 'node:path'
import { importsOf, typescriptFiles } from './support/imports.mjs'
import { runAsProgram } from './support/main.mjs'
import { packageOf, readPackage, sourceOf, targetFiles } from './support/package.mjs'

const LAYERS = [
  ['errors'],
  ['encoding', 'runtime'],
  ['demand', 'keys', 'net', 'store'],
  ['audit', 'authorization', 'did', 'spiffe'],
  ['credentials'],
  ['status'],
  ['zk'],
  ['trust'],
  ['delegation', 'federation', 'wallet'],
  ['handshake'],
  ['session'],
  ['revocation'],
  ['agent', 'directory', 'issuer'],
  ['plan'],
  ['gateway'],
  ['adapters'],
  ['testing'],
  ['cli'],
]
const DOORS = [
  /^[^/]+\/index\.ts$/,
  /^zk\/prove\.ts$/,
  /^spiffe\/(experimental|federation|grpc|tls|workload-api)\.ts$/,
  /^adapters\/[^/]+\/index\.ts$/,
]
const RANK = new Map(LAYERS.flatMap((areas, level) => areas.map((area) => [area, level])))

/**
 * The problems of a source tree, one line each, as `file:line: what is wrong`.
 *
 * @param {string} src The folder of the sources; package.json stands beside it.
 * @returns {string[]}
 */
export function checkLayers(src) {
  const files = typescriptFiles(src)
  const pkg = readPackage(dirname(src))
  const problems = files.length === 0 ? [`no TypeScript file in ${src}`] : []
  const areas = new Set(files.map(areaOf).filter((area) => area !== undefined))
  for (const area of areas) if (!RANK.has(area)) problems.push(`${area}/: not an area of any layer`)
  for (const file of files) {
    for (const { specifier, line } of importsOf(file, readFileSync(join(src, file), 'utf8'))) {
      const problem = judge(file, specifier, pkg)
      if (problem !== undefined) problems.push(`${file}:${line}: ${problem}`)
    }
  }
  return problems
}

/**
 * What is wrong with one import, if anything.
 *
 * @param {string} file The importing file, relative to the sources.
 * @param {string | undefined} specifier What it names.
 * @param {import('./support/package.mjs').Package} pkg
 * @returns {string | undefined}
 */
function judge(file, specifier, pkg) {
  if (specifier === undefined) return 'name the imported module by a literal'
  if (/^\.{1,2}(\/|$)/.test(specifier)) return judgeFile(file, posix.join(posix.dirname(file), specifier))
  if (specifier.startsWith('#')) return judgeHash(file, specifier, pkg)
  if (packageOf(specifier) === pkg.name) return `import by a relative path, not through ${specifier}`
  if (/^[./\\]/.test(specifier) || (specifier.includes(':') && !isBuiltin(specifier))) {
    return `import neither absolute paths nor URLs: ${specifier}`
  }
  return undefined
}

/**
 * @param {string} file The importing file.
 * @param {string} target The imported one; both relative to the sources.
 */
function judgeFile(file, target) {
  const area = areaOf(file)
  const other = areaOf(target)
  if (target.startsWith('../')) return `must not leave the sources for ${target}`
  if (other === undefined)
    return area === undefined ? undefined : `${area} must not import ${target}, which may import all`
  if (other === area)
    return adapterOf(file) === adapterOf(target) || isDoor(target) ? undefined : notADoor(target)
  if (!RANK.has(other)) return `unknown area ${other}`
  if (area !== undefined && !(rank(other) < rank(area))) return `${area} must not import ${other}`
  return isDoor(target) ? undefined : notADoor(target)
}

/**
 * A `#` import belongs to the area that all its targets are in, and to nobody else.
 *
 * @param {string} file The importing file.
 * @param {string} specifier
 * @param {import('./support/package.mjs').Package} pkg
 */
function judgeHash(file, specifier, pkg) {
  const target = pkg.imports?.[specifier]
  if (target === undefined) return `package.json has no import ${specifier}`
  const sources = targetFiles(target).map((name) => sourceOf(name).replace(/^src\//, ''))
  const stranger = sources.find((source) => areaOf(source) !== areaOf(file))
  return stranger && `${specifier} leads to ${stranger}, and is for that area alone`
}

/** @param {string} file */
const areaOf = (file) => (file.includes('/') ? file.split('/')[0] : undefined)
/** @param {string} file */
const adapterOf = (file) => (areaOf(file) === 'adapters' ? posix.dirname(file).split('/')[1] : undefined)
/** @param {string} file */
const isDoor = (file) => DOORS.some((door) => door.test(file))
/** @param {string} area */
const rank = (area) => RANK.get(area) ?? Infinity
/** @param {string} file */
const notADoor = (file) => `import a door of ${String(areaOf(file))}, not ${file}`

runAsProgram(import.meta.url, (src = 'src') => checkLayers(resolve(src)))
