import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCertificateAuthority } from '../support/certificate-authority.ts'

/** Every command of docs/guide/getting-started.md, in its order, in processes of their own, with free ports. */

const CLI = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url))
// The processes run in a folder of their own, where no package is to be found.
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const GUIDE = fileURLToPath(new URL('../../docs/guide/getting-started.md', import.meta.url))

let folder: string
let ports: Record<string, string>
const running: ChildProcess[] = []

async function freePort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' ? String(address?.port) : ''
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'comity-started-'))
  ports = { '8443': await freePort(), '9443': await freePort() }
  const authority = await createCertificateAuthority()
  const { key, cert } = await authority.issue()
  // The guide's certificate is its own root; here it is one of a root, as elsewhere.
  writeFileSync(join(folder, 'key.pem'), key)
  chmodSync(join(folder, 'key.pem'), 0o600)
  writeFileSync(join(folder, 'cert.pem'), `${cert}\n${authority.ca}`)
})
afterAll(() => {
  for (const child of running) child.kill()
  rmSync(folder, { recursive: true })
})

const withPorts = (text: string): string => text.replaceAll(/8443|9443/g, (port) => ports[port] ?? port)

/** The guide's blocks: commands, and the JSON files that its text names. */
function blocks(): { kind: string; text: string }[] {
  const guide = withPorts(readFileSync(GUIDE, 'utf8'))
  return [...guide.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, kind = '', text = '']) => ({ kind, text }))
}

interface Outcome {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

function start(words: string[]): { child: ChildProcess; done: Promise<Outcome> } {
  const node = ['--import', TSX, '--conditions=comity-source', CLI]
  const child = spawn(process.execPath, [...node, ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  const done = new Promise<Outcome>((resolve) => {
    child.once('close', (code) => {
      resolve({ code, output, errors })
    })
  })
  return { child, done }
}

async function serve(words: string[]): Promise<void> {
  const { child, done } = start(words)
  running.push(child)
  const listening = new Promise<string>((resolve) => {
    child.stdout?.on('data', (chunk: string) => {
      if (chunk.includes('listening on')) resolve('listening')
    })
  })
  expect(await Promise.race([listening, done.then(({ errors }) => errors)])).toBe('listening')
}

describe('docs/guide/getting-started.md', () => {
  it('leads from two fresh folders to a trusted call, and to its end', { timeout: 180_000 }, async () => {
    const all = blocks()
    const [capability, posture, resources, invoice, request] = all.filter(({ kind }) => kind === 'json')
    const now = `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`
    writeFileSync(join(folder, 'capability.json'), capability?.text ?? '')
    writeFileSync(join(folder, 'posture.json'), (posture?.text ?? '').replace(/"2026-[^"]*"/, `"${now}"`))
    writeFileSync(join(folder, 'request.json'), request?.text ?? '')
    mkdirSync(join(folder, 'data/invoices'), { recursive: true })
    writeFileSync(join(folder, 'data/invoices/2026-10.json'), invoice?.text ?? '')

    const outcomes: Outcome[] = []
    for (const line of all
      .filter(({ kind }) => kind === 'sh')
      .flatMap(({ text }) => text.trim().split('\n'))) {
      if (!line.startsWith('npx comity ')) continue
      const words = line.slice('npx comity '.length).split(' ')
      if (words[0] === 'serve') {
        writeFileSync(join(folder, 'globex/resources.json'), resources?.text ?? '')
        await serve(words)
        continue
      }
      outcomes.push(await start(words).done)
      const { code, errors } = outcomes.at(-1) ?? { code: null, errors: '' }
      // The last command is the one that must be refused.
      if (!(words[0] === 'connect' && outcomes.some(({ output }) => output.includes('revoked')))) {
        expect(`${words.slice(0, 2).join(' ')}: ${String(code)} ${code === 0 ? '' : errors}`).toBe(
          `${words.slice(0, 2).join(' ')}: 0 `,
        )
      }
    }
    const printed = all.filter(({ kind }) => kind === 'text').map(({ text }) => text.trim())
    const [called, refused] = [outcomes.at(-3), outcomes.at(-1)]
    expect(called?.output.trim()).toBe(printed[0])
    expect(refused).toMatchObject({ code: 1, output: '' })
    expect(refused?.errors).toContain(printed[1])
  })
})
