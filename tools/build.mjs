/**
 * Compiles src to dist, and puts the JSON Schemas and what is read as it stands there. Compiles beside it first and then
 * replaces only the files that differ, one rename each, so that two builds at once, or a build under a program that runs from dist, do no harm.
 *
 * node tools/build.mjs [target folder, default dist]
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { ROOT, runAsProgram } from './support/main.mjs'

/** Files of src that programs read, and that are no TypeScript. */
const AS_IT_STANDS = ['spiffe/workload-api/workloadapi.proto']

/**
 * @param {string} target The folder to fill, an absolute path.
 * @returns {string[]} What the compiler complains about.
 */
export function build(target) {
  mkdirSync(join(ROOT, '.cache'), { recursive: true })
  const fresh = mkdtempSync(join(ROOT, '.cache/build-'))
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const args = [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', fresh, '--pretty', 'false']
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (status !== 0) return [stdout.trim()]
    const schemas = spawnSync(process.execPath, [join(ROOT, 'tools/schemas.mjs'), fresh], {
      encoding: 'utf8',
    })
    if (schemas.status !== 0) return [schemas.stderr.trim()]
    for (const file of AS_IT_STANDS) copyFileSync(join(ROOT, 'src', file), join(fresh, file))
    const program = join(fresh, 'cli/bin.js')
    if (existsSync(program)) chmodSync(program, 0o755)
    mirror(fresh, target)
    return []
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/**
 * Makes a folder hold the same files as another, which gives them away.
 *
 * @param {string} from Absolute, on the same file system.
 * @param {string} to Absolute; made if it is not there.
 */
export function mirror(from, to) {
  const wanted = filesUnder(from)
  for (const file of wanted) {
    const place = join(to, file)
    if (existsSync(place) && readFileSync(place).equals(readFileSync(join(from, file)))) continue
    mkdirSync(dirname(place), { recursive: true })
    renameSync(join(from, file), place)
  }
  const kept = new Set(wanted)
  for (const file of filesUnder(to)) if (!kept.has(file)) rmSync(join(to, file), { force: true })
}

/** @param {string} folder */
function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

runAsProgram(import.meta.url, (target = join(ROOT, 'dist')) => build(resolve(target)))
