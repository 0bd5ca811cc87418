import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../cache.ts'
import type { Program } from './runtimes.ts'

const NPM_MS = 240_000
const execute = promisify(execFile)

const installs = new Map<Program, Promise<string>>()

/**
 * Gets a program from the npm registry, or from where an earlier run left it; tries once.
 *
 * @returns The path of the executable.
 * @throws {Error} It cannot be had, or is not the tarball that it should be.
 */
export function installProgram(program: Program): Promise<string> {
  const current = installs.get(program) ?? install(program)
  installs.set(program, current)
  return current
}

async function install(program: Program): Promise<string> {
  const { name, version, file } = program
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `the versions in runtimes.ts are for Linux on x64, not ${process.platform} ${process.arch}`,
    )
  }
  const cache = cacheFolder('runtimes')
  const home = join(cache, `${name.replace('/', '+')}@${version}`)
  const executable = join(home, 'node_modules', name, file)
  if (existsSync(executable)) return executable
  await mkdir(cache, { recursive: true })
  const fresh = await mkdtemp(join(cache, 'fresh-'))
  try {
    await download(program, fresh)
    // Whole or not at all; another run may have been faster.
    await rename(fresh, home).catch((error: unknown) => {
      if (!existsSync(executable)) throw error
    })
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return executable
}

async function download({ name, version, integrity }: Program, folder: string): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{}')
  const options = ['--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--prefix', folder]
  await execute('npm', ['install', ...options, `${name}@${version}`], { cwd: folder, timeout: NPM_MS })
  const lock = JSON.parse(await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8'))
  const found: unknown = lock.packages?.[`node_modules/${name}`]?.integrity
  if (found !== integrity) throw new Error(`${name}@${version} is not the tarball that runtimes.ts names`)
}
