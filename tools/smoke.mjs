/**
 * Installs a packed tarball in a project of its own, outside the checkout, and uses it there: imports every
 * public subpath, compiles against every one, runs the program. Only the packages under `dependencies` are
 * within its reach, as symbolic links to the checkout's, so that nothing is fetched.
 *
 * node tools/smoke.mjs TARBALL
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ROOT, runAsProgram } from './support/main.mjs'
import { SOURCE_CONDITION, readPackage, targetFiles } from './support/package.mjs'

/** @typedef {import('./support/package.mjs').Package & { bin?: Record<string, string> }} Package */

const COMPILER_OPTIONS = {
  target: 'ES2022',
  lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable', 'ESNext.Disposable'],
  module: 'NodeNext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node'],
}

/**
 * @param {string} tarball Absolute.
 * @returns {string[]} What does not work, one text each.
 */
export function smoke(tarball) {
  const project = mkdtempSync(join(tmpdir(), 'comity-smoke-'))
  try {
    const pkg = install(tarball, project)
    const specifiers = Object.keys(pkg.exports ?? {})
      .filter((subpath) => !subpath.endsWith('.json'))
      .map((subpath) => pkg.name + subpath.slice(1))
    return [
      ...missingTargets(pkg, join(project, 'node_modules', pkg.name)),
      ...importProblems(project, specifiers),
      ...programProblems(project, pkg),
      ...typeProblems(project, specifiers),
    ]
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}

/**
 * Makes a folder a project that depends on the tarball's package.
 *
 * @param {string} tarball Absolute.
 * @param {string} project An empty folder.
 * @returns {Package}
 */
export function install(tarball, project) {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
  const home = join(project, 'node_modules', readPackage(ROOT).name)
  mkdirSync(home, { recursive: true })
  const { status, stderr } = run('tar', ['-xzf', tarball, '--strip-components=1', '-C', home], project)
  if (status !== 0) throw new Error(stderr)
  const pkg = readPackage(home)
  for (const name of [...Object.keys(pkg.dependencies ?? {}), '@types/node']) {
    const link = join(project, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), link)
  }
  return pkg
}

/**
 * The files that package.json promises and the tarball lacks. `#` imports are looked at too: for them no
 * public tool does.
 *
 * @param {Package} pkg
 * @param {string} home Where the package is installed.
 */
function missingTargets(pkg, home) {
  const published = Object.values(pkg.imports ?? {}).flatMap((target) => {
    if (typeof target === 'string') return target
    return Object.entries(target).flatMap(([name, next]) =>
      name === SOURCE_CONDITION ? [] : targetFiles(next),
    )
  })
  const files = [...Object.values(pkg.exports ?? {}).flatMap(targetFiles), ...published]
  return files.filter((file) => !existsSync(join(home, file))).map((file) => `the tarball has no ${file}`)
}

/**
 * @param {string} project
 * @param {readonly string[]} specifiers
 */
function importProblems(project, specifiers) {
  const code = `for (const specifier of ${JSON.stringify(specifiers)}) {
    try {
      if (Object.keys(await import(specifier)).length === 0) throw new Error('exports nothing')
    } catch (error) {
      console.log(\`import '\${specifier}': \${error}\`)
    }
  }`
  const { stdout, stderr } = run(process.execPath, ['--input-type=module', '--eval', code], project)
  return `${stdout}${stderr}`.split('\n').filter((line) => line !== '')
}

/**
 * @param {string} project
 * @param {Package} pkg
 */
function programProblems(project, pkg) {
  return Object.entries(pkg.bin ?? {}).flatMap(([name, file]) => {
    const program = join(project, 'node_modules', pkg.name, file)
    const { status, stdout, stderr } = run(program, ['--version'], project)
    return status === 0 && stdout.trim() !== '' ? [] : [`${name} --version: ${stderr || 'no output'}`]
  })
}

/**
 * @param {string} project
 * @param {readonly string[]} specifiers
 */
function typeProblems(project, specifiers) {
  const lines = specifiers.map((specifier, index) => `export * as m${index} from '${specifier}'`)
  writeFileSync(join(project, 'use.ts'), lines.join('\n'))
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: ['use.ts'] }),
  )
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = run(process.execPath, [tsc, '-p', project, '--pretty', 'false'], project)
  return status === 0 ? [] : [`a project that imports the types: ${stdout.trim()}`]
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  return { status, stdout, stderr: error?.message ?? stderr }
}

runAsProgram(import.meta.url, (tarball = '') => smoke(resolve(tarball)))
