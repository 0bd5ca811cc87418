import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { blocksOf, commandsOf, mask, pagesIn, programsOf, readPage, ROOT } from './markdown.ts'

const run = promisify(execFile)
const PAGES = ['README.md', ...pagesIn('docs/guide')]
const programs = PAGES.flatMap(programsOf)
const shellBlocks = PAGES.flatMap((page) => blocksOf(page)).filter(({ language }) => language === 'sh')
const scripts = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts

let folder: string

beforeAll(async () => {
  mkdirSync(join(ROOT, '.cache'), { recursive: true })
  folder = mkdtempSync(join(ROOT, '.cache/docs-'))
  for (const { name, block } of programs) writeFileSync(join(folder, name), block.text)
  await writeCertificate()
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** As the guide says, by its own command; where there is no openssl, with the same names and by other means. */
async function writeCertificate(): Promise<void> {
  const commands = shellBlocks.flatMap(({ text }) => commandsOf(text))
  const [program = '', ...words] = commands.find(([name]) => name === 'openssl') ?? []
  const { error, status } = spawnSync(program, words, { cwd: folder, stdio: 'ignore' })
  if (error === undefined) {
    expect(status).toBe(0)
    return
  }
  const authority = await createCertificateAuthority()
  const { key, cert } = await authority.issue({ names: ['localhost'] })
  writeFileSync(join(folder, 'key.pem'), key)
  writeFileSync(join(folder, 'cert.pem'), cert + authority.ca)
}

describe('the programs of README and guides', () => {
  it('have different names, and are either run or imported by one that is', () => {
    const names = programs.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const imported = programs.flatMap(({ block }) =>
      [...block.text.matchAll(/from '\.\/([a-z-]+\.ts)'/g)].map(([, name]) => name),
    )
    const neither = programs.filter(({ name, prints }) => prints === undefined && !imported.includes(name))
    expect(neither.map(({ name }) => name)).toEqual([])
  })

  it('are well typed', { timeout: 180_000 }, async () => {
    const config = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const failure = await run(process.execPath, [compiler, '-p', folder, '--pretty', 'false']).then(
      () => '',
      (error: unknown) => (error as { stdout: string }).stdout,
    )
    expect(failure).toBe('')
  })

  it.each(programs.filter(({ prints }) => prints !== undefined))(
    '$name prints what $block.page says',
    { timeout: 120_000 },
    async ({ name, prints = '' }) => {
      const args = ['--import', 'tsx', '--conditions=comity-source', name]
      const { stdout } = await run(process.execPath, args, { cwd: folder, timeout: 60_000 })
      expect(mask(stdout)).toBe(mask(prints))
    },
  )

  it('in README is examples/posture.ts', () => {
    const example = readFileSync(join(ROOT, 'examples/posture.ts'), 'utf8')
    expect(programsOf('README.md').map(({ block }) => block.text)).toEqual([example])
  })

  it('are compared but for what differs from run to run', () => {
    expect(mask('did:web:localhost%3A41:a at https://localhost:41/ in 1.5 ms')).toBe(
      mask('did:web:localhost%3A8443:a at https://localhost:8443/ in 20 ms'),
    )
    expect(mask('session dQeSkhIKowhQX0fAJdEkJA')).toBe(mask('session AAAAAAAAAAAAAAAAAAAAAA'))
    expect(mask('at 2026-11-24T05:46:00.123Z')).toBe(mask('at 2027-01-02'))
    expect(mask('COMITY_HANDSHAKE_SPENT')).not.toBe(mask('COMITY_HANDSHAKE_SUITE'))
    expect(mask('200 /invoices/2026-10')).not.toBe(mask('200 /invoices/2026-11'))
  })
})

/** Whether a command is one that works here; what it would do is run by other tests. */
function check([program, ...words]: readonly string[]): void {
  const [first = '', second = ''] = words
  switch (program) {
    case 'npm':
      if (['ci', 'init', 'install', 'pkg', 'test'].includes(first)) return
      if (first !== 'run' || !Object.hasOwn(scripts, second)) throw new Error(`no script ${second}`)
      if (second === 'demo') checkComity(['demo', ...words.slice(2).filter((word) => word !== '--')])
      return
    case 'npx':
      if (first === 'comity') checkComity(words.slice(1))
      else if (first !== 'tsx' || !programs.some(({ name }) => name === second)) {
        throw new Error(`nothing to run: ${first} ${second}`)
      }
      return
    case 'curl': {
      const rest = words.filter(
        (word, index) => word !== '-i' && word !== '--cacert' && words[index - 1] !== '--cacert',
      )
      if (rest.length !== 1 || !rest[0]?.startsWith('https://')) throw new Error('not one https URL')
      return
    }
    case 'openssl':
      return // run above
    case 'chmod':
      if (first !== '600' || words.length !== 2) throw new Error('only a secret needs another mode')
      return
    default:
      throw new Error(`a command that is not checked: ${program ?? ''}`)
  }
}

function checkComity(words: readonly string[]): void {
  const program = createProgram({ write: () => {}, writeError: () => {}, exit: () => {} })
  const disarm = (command: Command): void => {
    command.action(() => {})
    command.commands.forEach(disarm)
  }
  program.commands.forEach(disarm)
  program.parse(words, { from: 'user' })
}

describe('the shell blocks of README and guides', () => {
  it.each(shellBlocks)('$page, line $line', ({ text }) => {
    const commands = commandsOf(text)
    expect(commands.length).toBeGreaterThan(0)
    for (const command of commands) expect(() => check(command)).not.toThrow()
  })

  it.each([
    'npm run no-such-script',
    'npx comity no-such-command',
    'npx comity did resolve',
    'npx comity verify posture.jwt --holder did:web:acme.example --no-such-flag',
    'npm run demo -- --no-such-flag',
    'npx tsx no-such-file.ts',
    'curl http://acme.example',
    'wget https://acme.example',
  ])('would not pass with `%s`', (line) => {
    expect(() => commandsOf(line).forEach(check)).toThrow()
  })
})

describe('the guide to the demo', () => {
  it('lists its steps, in order', () => {
    const steps = readFileSync(join(ROOT, 'src/cli/demo/steps.ts'), 'utf8')
    const names = [...steps.matchAll(/report\.run\('([^']+)'/g)].map(([, name]) => name)
    const page = readPage('docs/guide/try-the-demo.md')
    const [, table = ''] = page.split(/^\| step .*\n.*\n/m)
    const listed = [...table.split('\n\n')[0]!.matchAll(/^\| (.*?) +\|/gm)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(5)
    expect(listed).toEqual(names)
  })
})

describe('the links of the documentation', () => {
  const pages = [...PAGES, 'SECURITY.md', 'CONTRIBUTING.md', ...pagesIn('docs/spec'), ...pagesIn('docs/adr')]

  it.each(pages)('of %s lead to files and headings', (page) => {
    const broken = [...readPage(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].filter(
      ([, path = '', heading]) => {
        const target = path === '' ? page : join(dirname(page), path)
        if (!existsSync(join(ROOT, target))) return true
        return heading !== undefined && !headingsOf(target).includes(heading)
      },
    )
    expect(broken.map(([link]) => link)).toEqual([])
  })

  function headingsOf(page: string): string[] {
    return [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
  }
})
