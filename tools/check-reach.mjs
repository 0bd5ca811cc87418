/**
 * Says what each public subpath reaches, and fails when that is more than it may: an embedder who imports
 * `comity/errors` must not load, audit or license anything else.
 *
 * Follows every import from the sources, types included, since they reach the users' compilers. A `#` import is
 * followed twice: as Node takes it, and as a runtime without Node's modules does.
 *
 * node tools/check-reach.mjs [folder of package.json]
 */
import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, posix, resolve } from 'node:path'
import { importsOf, typescriptFiles } from './support/imports.mjs'
import { runAsProgram } from './support/main.mjs'
import { packageOf, publicEntries, readPackage, resolveTarget, sourceOf } from './support/package.mjs'

/** Which packages the files of an area may import. An area that is not listed may import none. */
const PACKAGES = {
  encoding: ['@scure/base', 'canonicalize'],
  runtime: ['@noble/hashes', '@scure/base'],
  keys: ['@noble/curves', 'jose'],
  net: ['ipaddr.js'],
  did: ['@noble/curves', 'did-resolver'],
  spiffe: ['@scure/base', 'ipaddr.js', 'jose'],
  'spiffe/grpc': ['@grpc/grpc-js'],
  'spiffe/workload-api': ['@grpc/grpc-js', '@grpc/proto-loader'],
  testing: ['@grpc/grpc-js', '@peculiar/x509', 'jose'],
  credentials: ['@cfworker/json-schema', '@sd-jwt/core'],
  handshake: ['@noble/curves', 'jose'],
  revocation: ['eventsource-parser'],
  'adapters/node': ['ipaddr.js'],
  'adapters/openid4vci': ['@openid4vc/oauth2', '@openid4vc/openid4vci'],
  'adapters/sqlite': ['libsql'],
  'adapters/veramo': [
    '@noble/curves',
    '@veramo/core',
    '@veramo/did-manager',
    '@veramo/key-manager',
    '@veramo/kms-local',
  ],
  cli: ['commander'],
  'cli/ceremony': ['@noble/curves', 'snarkjs'],
  zk: ['@noble/curves', '@noble/hashes'],
  'zk/prove': ['snarkjs'],
}
/** Subpaths that reach no package at all, whatever their areas may import. */
const BARE = ['./errors', './demand']
/**
 * Packages that only these subpaths may reach: snarkjs is GPL-3.0, and only those who prove load it; Veramo takes half a
 * second and 45 MB to load; OpenID4VCI loads zod; gRPC brings an HTTP/2 stack of its own.
 *
 * @type {Readonly<Record<string, string | readonly string[]>>}
 */
const RESERVED = {
  '@grpc/grpc-js': ['./spiffe/grpc', './spiffe/workload-api', './testing'],
  '@grpc/proto-loader': ['./spiffe/workload-api', './testing'],
  '@openid4vc/oauth2': './adapters/openid4vci',
  '@openid4vc/openid4vci': './adapters/openid4vci',
  snarkjs: './zk/prove',
  '@veramo/core': './adapters/veramo',
  '@veramo/did-manager': './adapters/veramo',
  '@veramo/key-manager': './adapters/veramo',
  '@veramo/kms-local': './adapters/veramo',
}
/** Areas that are made for Node; all others run wherever Web APIs do. */
const NODE_AREAS = ['adapters', 'cli', 'testing']
/** The same for subpaths of other areas. */
const NODE_SUBPATHS = [
  './federation',
  './spiffe/federation',
  './spiffe/grpc',
  './spiffe/tls',
  './spiffe/workload-api',
  './zk/prove',
]

/**
 * Whether a public subpath is made for Node.
 *
 * @param {string} subpath Such as `./spiffe/tls`.
 * @returns {boolean}
 */
export function isForNode(subpath) {
  return NODE_AREAS.includes(subpath.split('/')[1] ?? '') || NODE_SUBPATHS.includes(subpath)
}

/**
 * @typedef {import('./support/package.mjs').Package} Package
 * @typedef {{ modules: Set<string>, packages: Map<string, string>, builtins: Map<string, string>, missing: Map<string, string> }} Reach
 *   The maps tell which file is the first to name each.
 */

/**
 * @param {string} root The folder of package.json.
 * @param {{ packages?: Readonly<Record<string, readonly string[]>> }} [rules] Other rules, for tests.
 * @returns {{ problems: string[], reached: string[] }} Lines of text.
 */
export function checkReach(root, { packages = PACKAGES } = {}) {
  const pkg = readPackage(root)
  const problems = judgeImports(root, pkg, packages)
  const reached = []
  for (const { subpath, source } of publicEntries(pkg)) {
    if (!existsSync(join(root, source))) {
      problems.push(`${subpath}: there is no ${source}`)
      continue
    }
    const onNode = follow(root, pkg, source, ['node'])
    const elsewhere = follow(root, pkg, source, [])
    problems.push(...judgeSubpath(subpath, onNode, elsewhere))
    const names = [...onNode.packages.keys(), ...onNode.builtins.keys()].sort().join(', ')
    reached.push(`${subpath}: ${onNode.modules.size} modules, ${names || 'nothing else'}`)
  }
  return { problems: [...new Set(problems)], reached }
}

/**
 * Follows the module graph from one file.
 *
 * @param {string} root The folder of package.json.
 * @param {Package} pkg
 * @param {string} entry Relative to the root.
 * @param {readonly string[]} conditions Under which `#` imports are resolved.
 * @returns {Reach}
 */
function follow(root, pkg, entry, conditions) {
  /** @type {Reach} */
  const reach = { modules: new Set([entry]), packages: new Map(), builtins: new Map(), missing: new Map() }
  const note = (
    /** @type {Map<string, string>} */ names,
    /** @type {string} */ name,
    /** @type {string} */ by,
  ) => {
    if (!names.has(name)) names.set(name, by)
  }
  for (const file of reach.modules) {
    if (!existsSync(join(root, file))) continue
    for (const { specifier = '' } of importsOf(file, readFileSync(join(root, file), 'utf8'))) {
      const next = moduleOf(pkg, file, specifier, conditions)
      if (next !== undefined) {
        reach.modules.add(next) // a Set hands out what is added while it is walked
        if (!existsSync(join(root, next))) note(reach.missing, next, file)
      } else if (isBuiltin(specifier)) note(reach.builtins, specifier, file)
      else note(reach.packages, packageOf(specifier), file)
    }
  }
  return reach
}

/**
 * The file of this package that an import leads to, or undefined when it leads elsewhere.
 *
 * @param {Package} pkg
 * @param {string} file The importing file.
 * @param {string} specifier
 * @param {readonly string[]} conditions
 */
function moduleOf(pkg, file, specifier, conditions) {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier)
  if (!specifier.startsWith('#')) return undefined
  const target = resolveTarget(pkg.imports?.[specifier] ?? {}, conditions)
  return target === undefined ? specifier : sourceOf(target)
}

/**
 * @param {string} subpath
 * @param {Reach} onNode
 * @param {Reach} elsewhere
 */
function judgeSubpath(subpath, onNode, elsewhere) {
  const problems = []
  for (const { packages, missing } of [onNode, elsewhere]) {
    for (const [file, by] of missing) problems.push(`${by}: imports ${file}, which is not there`)
    for (const [name, by] of packages) {
      if (BARE.includes(subpath)) problems.push(`${subpath} must reach no package: ${by} imports ${name}`)
      const only = Object.entries(RESERVED).find(([reserved]) => reserved === name)?.[1]
      if (only !== undefined && ![only].flat().includes(subpath))
        problems.push(`${subpath} must not reach ${name}: ${by} imports it`)
    }
  }
  if (isForNode(subpath)) return problems
  for (const [name, by] of elsewhere.builtins)
    problems.push(`${subpath} must run without Node: ${by} imports ${name}`)
  return problems
}

/**
 * Judges the packages that each file imports itself, and finds the dependencies that none does.
 *
 * @param {string} root The folder of package.json.
 * @param {Package} pkg
 * @param {Readonly<Record<string, readonly string[]>>} allowed By area, or by a path below it.
 */
function judgeImports(root, pkg, allowed) {
  const problems = []
  const declared = { ...pkg.dependencies, ...pkg.peerDependencies }
  const unused = new Set(Object.keys(declared))
  for (const file of typescriptFiles(join(root, 'src'))) {
    const mine = Object.entries(allowed).filter(
      ([area]) => file.startsWith(`${area}/`) || file === `${area}.ts`,
    )
    for (const { specifier } of importsOf(file, readFileSync(join(root, 'src', file), 'utf8'))) {
      if (specifier === undefined || /^[.#]/.test(specifier) || isBuiltin(specifier)) continue
      const name = packageOf(specifier)
      unused.delete(name)
      if (!(name in declared)) problems.push(`${file}: ${name} is no dependency in package.json`)
      if (!mine.some(([, names]) => names.includes(name))) problems.push(`${file}: may not import ${name}`)
    }
  }
  return [...problems, ...[...unused].map((name) => `package.json: no source imports ${name}`)]
}

runAsProgram(import.meta.url, (root = '.') => {
  const { problems, reached } = checkReach(resolve(root))
  for (const line of reached) console.log(line)
  return problems
})
