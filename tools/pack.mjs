/**
 * Makes the tarball as it is published, from a build of its own, so that dist is left alone.
 *
 * node tools/pack.mjs FOLDER, which is in the checkout; the tarball is FOLDER/comity.tgz
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from './build.mjs'
import { ROOT, runAsProgram } from './support/main.mjs'

/**
 * @param {string} folder Absolute; gets the tarball and a folder `package` with what is in it.
 * @returns {string[]} What prevents it, or is missing from it.
 */
export function pack(folder) {
  const stage = join(folder, 'package')
  mkdirSync(stage, { recursive: true })
  const problems = build(join(stage, 'dist'))
  if (problems.length > 0) return problems
  const manifest = /** @type {{ name: string, version: string, files: string[] }} */ (
    JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  )
  for (const name of ['package.json', ...manifest.files.filter((file) => file !== 'dist')]) {
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(stage, name), { recursive: true })
    else problems.push(`package.json lists ${name} under files, and it is not there`)
  }
  const args = ['pack', stage, '--pack-destination', folder, '--ignore-scripts']
  const { status, stderr } = spawnSync('npm', args, { encoding: 'utf8', cwd: folder })
  if (status !== 0) return [...problems, stderr.trim()]
  renameSync(join(folder, `${manifest.name}-${manifest.version}.tgz`), join(folder, 'comity.tgz'))
  return problems
}

runAsProgram(import.meta.url, (folder = '.cache') => pack(resolve(folder)))
