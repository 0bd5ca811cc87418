/**
 * Fails when a file of the repository names a place that exists on one machine only: a home or work folder, or
 * the host of a package registry, which belongs in each user's npm configuration.
 *
 * node tools/check-leaks.mjs [folder of the repository]
 */
import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runAsProgram } from './support/main.mjs'

// Written so that no pattern is found in this file.
const PATTERNS = [
  { pattern: /(?<![\w.~-])\/(?:work|root|home|Users)\/(?=[\w.])/, what: 'a path of one machine' },
  { pattern: /\bregistry\.[\w-]+\.(?:com|dev|io|net|org)\b/, what: 'the host of a package registry' },
  { pattern: /^\s*"resolved":\s*"[^"]*[:@]/, what: 'a place that a package was fetched from' },
  { pattern: /^\s*(?:@[\w-]+:)?registry\s*=/, what: 'the setting of a package registry' },
]

/**
 * @param {string} root The folder of the repository.
 * @returns {string[]} As `file:line: …`, without the text that was found.
 */
export function checkLeaks(root) {
  return repositoryFiles(root).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return text.includes('\0') ? [] : leaksIn(text).map(({ line, what }) => `${file}:${line}: names ${what}`)
  })
}

/**
 * @param {string} text A file's text.
 * @returns {{ line: number, what: string }[]} Lines counted from 1.
 */
export function leaksIn(text) {
  return text.split('\n').flatMap((content, index) => {
    return PATTERNS.filter(({ pattern }) => pattern.test(content)).map(({ what }) => ({
      line: index + 1,
      what,
    }))
  })
}

/**
 * The files that are in git or would be added.
 *
 * @param {string} root
 */
function repositoryFiles(root) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\0')
  return files.filter((file) => lstatSync(join(root, file), { throwIfNoEntry: false })?.isFile() === true)
}

runAsProgram(import.meta.url, (root = '.') => checkLeaks(resolve(root)))
