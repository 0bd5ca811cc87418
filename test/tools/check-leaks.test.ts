import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { checkLeaks, leaksIn } from '../../tools/check-leaks.mjs'
import { makeTree } from './tree.ts'

// Put together here, so that this file passes the check itself.
const home = ['', 'home', 'me', 'key.pem'].join('/')
const host = ['registry', 'example', 'org'].join('.')

describe('leaksIn', () => {
  it.each([
    ['a home folder', `read(${home})`],
    ['a work folder', `cd ${['', 'work', 'main'].join('/')}`],
    ["root's folder", `"${['', 'root', '.ssh'].join('/')}"`],
    ['a file URL', `file://${home}`],
    ['the host of a registry', `https://${host}/comity`],
    ['where a package came from', `      ${['"resolved"', ' "https://h/p.tgz"'].join(':')}`],
    ['a registry setting', ['@acme:registry', 'https://h/'].join('=')],
  ])('finds %s, and the line', (_name, text) => {
    expect(leaksIn(`a\n${text}\n`)).toEqual([{ line: 2, what: expect.any(String) as string }])
  })

  it.each([
    ['a folder of a website', 'https://example.com/home/page'],
    ['a relative folder', './work/a, docs/work/a and ../root/b'],
    ['the word alone', 'at work/home, the /root of trust'],
    ['a property called registry', 'registry.suites.get(name)'],
    ['a website of a registry', 'https://www.npmjs.com/package/jose'],
  ])('lets %s pass', (_name, text) => {
    expect(leaksIn(text)).toEqual([])
  })
})

describe('checkLeaks', () => {
  it('reads what git has or would add, and nothing else', () => {
    const root = makeTree({ 'a.txt': home, 'b.txt': home, 'c.bin': `\0${home}`, '.gitignore': 'b.txt\n' })
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root })
    git('init', '-q')
    git('add', '.gitignore')
    expect(checkLeaks(root)).toEqual(['a.txt:1: names a path of one machine'])
    git('add', 'a.txt')
    expect(checkLeaks(root)).toEqual(['a.txt:1: names a path of one machine'])
  })
})
