import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const ARGS = ['--conditions=comity-source', '--import', 'tsx', 'test/vectors/run.ts']

/** Drivers for made-up topics, in which a case says itself what becomes of it. */
const DRIVERS = `
import { fail, judgeCall, PASS } from '${new URL('verdict.ts', import.meta.url).href}'
const acts = {
  pass: () => PASS,
  fail: () => fail('as it should'),
  skip: () => ({ outcome: 'skip', rule: 'cose' }),
  throw: () => { throw new RangeError('not foreseen') },
  reject: async () => { throw new RangeError('not foreseen either') },
  wait: () => new Promise(() => undefined),
  loop: () => { for (;;); },
  exit: () => process.exit(3),
  noise: () => { console.log('{"not":"a report"}'); return PASS },
  accept: (entry) => judgeCall(entry, () => 1),
  bug: (entry) => judgeCall(entry, () => { throw new TypeError('a bug') }),
}
export const drivers = { made: (entry) => acts[entry.act](entry), other: () => PASS }
`

let folder = ''
const shape = (act: string): object => ({ id: `x/${act}`, act, expected: { result: 'invalid' } })

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vectors-'))
  const write = (path: string, content: unknown): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  const ordinary = ['pass', 'fail', 'skip', 'throw', 'reject', 'noise', 'accept', 'bug'].map(shape)
  write('drivers.ts', DRIVERS)
  write('all/README.md', '# Vectors')
  write('all/notes.json', { not: 'vectors' })
  write('all/empty/README.md', '# No vectors')
  write('all/made/README.md', '# Vectors')
  write('all/made/a.json', { topic: 'made', file: 'a', cases: ordinary })
  write('all/made/b.json', { topic: 'made', file: 'b', cases: ['wait', 'loop', 'exit', 'pass'].map(shape) })
  write('all/made/c.json', '{"cases": [')
  write('all/made/d.json', { topic: 'made' })
  write('all/made/e.json', { cases: [null, 7, { id: 'no-result', act: 'pass' }, { act: 'pass' }] })
  write('all/other/a.json', { cases: [shape('pass')] })
  write('all/unheard-of/a.json', { cases: [shape('pass'), { whatever: 1 }] })
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, [...ARGS, ...args], { cwd: ROOT, env: { ...process.env, ...env } })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out, err }
}

const withDrivers = (...args: string[]): string[] => [
  ...args,
  '--drivers',
  join(folder, 'drivers.ts'),
  '--time-limit',
  '4',
]

describe('npm run vectors', () => {
  it('prints a line a topic, and why cases failed or were skipped', async () => {
    const { code, out } = await run(withDrivers(join(folder, 'all')))
    expect(code).toBe(1)
    expect(out.trimEnd().split('\n')).toEqual([
      'made: 3 passed, 14 failed, 1 skipped',
      expect.stringMatching(/^ {2}failed {3}c\.json: malformed file: SyntaxError/),
      expect.stringMatching(/^ {2}failed {3}d\.json: malformed file: .*no list of cases/),
      '  failed   x/fail: as it should',
      '  failed   x/throw: threw RangeError, not foreseen',
      '  failed   x/reject: threw RangeError, not foreseen either',
      '  failed   x/accept: is invalid and was accepted',
      '  failed   x/bug: threw TypeError, a bug',
      '  failed   x/wait: took longer than 4 s',
      '  failed   x/loop: took longer than 4 s',
      '  failed   x/exit: took its process down',
      expect.stringMatching(/^ {2}failed {3}e\.json case 0: malformed/),
      expect.stringMatching(/^ {2}failed {3}e\.json case 1: malformed/),
      expect.stringMatching(/^ {2}failed {3}no-result: malformed/),
      expect.stringMatching(/^ {2}failed {3}e\.json case 3: malformed/),
      '  skipped  x/skip: COSE; refused',
      'other: 1 passed, 0 failed, 0 skipped',
      'unheard-of: 0 passed, 0 failed, 2 skipped',
      '  skipped  x/pass: no driver knows this topic',
      '  skipped  a.json case 1: no driver knows this topic',
    ])
  })

  it('prints an object a topic with --json, and nothing else', async () => {
    const { code, out } = await run(withDrivers('--json', `${join(folder, 'all')}/`))
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(code).toBe(1)
    expect(lines).toEqual([
      {
        topic: 'made',
        passed: 3,
        failed: 14,
        skipped: 1,
        failures: expect.arrayContaining([{ id: 'x/fail', why: 'as it should' }]) as unknown,
        skips: [{ id: 'x/skip', why: 'COSE; refused' }],
      },
      { topic: 'other', passed: 1, failed: 0, skipped: 0, failures: [], skips: [] },
      {
        topic: 'unheard-of',
        passed: 0,
        failed: 0,
        skipped: 2,
        failures: [],
        skips: expect.arrayContaining([{ id: 'x/pass', why: 'no driver knows this topic' }]) as unknown,
      },
    ])
  })

  it('takes the folder of one topic, with a slash, relative to where npm was called, and ends well', async () => {
    const other = join(folder, 'all', 'other')
    const line = 'other: 1 passed, 0 failed, 0 skipped'
    for (const path of [other, `${other}/`]) {
      expect(await run(withDrivers(path))).toMatchObject({ code: 0, out: `${line}\n` })
    }
    const relative = await run(withDrivers(`./${basename(other)}/`), { INIT_CWD: dirname(other) })
    expect(relative).toMatchObject({ code: 0, out: `${line}\n` })
  })

  it.each([
    ['no folder', [], 'one folder has to be named'],
    ['two folders', ['a', 'b'], 'one folder has to be named'],
    ['a missing folder', ['no-such-folder'], 'there is no folder no-such-folder'],
    ['a file', ['package.json'], 'there is no folder package.json'],
    ['a folder without vectors', ['src/errors'], 'there are no vectors in src/errors'],
    ['an unknown option', ['src', '--nope'], 'Unknown option'],
    ['no limit of time', ['fixtures', '--time-limit', '0'], '--time-limit'],
    ['a missing module', ['fixtures', '--drivers', 'no-such-module.ts'], 'there is no module'],
  ])('refuses %s', async (_, args, message) => {
    const { code, out, err } = await run(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toContain('usage: npm run vectors')
  })
})
