import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSpireBundleSink, type SpireBundleSinkOptions } from '../../../src/adapters/spire/index.ts'
import { formatTrustBundle } from '../../../src/spiffe/index.ts'
import { createSpiffeAuthority } from '../../../src/testing/index.ts'

const authority = await createSpiffeAuthority('acme.example')

/** A program that writes down its arguments and the file that they name, and ends as it is told. */
function createProgram({ exit = 0, stderr = '', sleepSeconds = 0 } = {}) {
  // Spaces and what a shell would take for a command must reach the program as they are.
  const folder = mkdtempSync(join(tmpdir(), 'comity spire $(id)-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  const command = join(folder, 'spire-server')
  const script = `#!${process.execPath}
const { appendFileSync, readFileSync, statSync } = require('node:fs')
const parameters = process.argv.slice(2)
const at = parameters.indexOf('-path')
const path = at === -1 ? undefined : parameters[at + 1]
const file = path && { path, text: readFileSync(path, 'utf8'), mode: (statSync(path).mode & 0o777).toString(8) }
appendFileSync(${JSON.stringify(join(folder, 'calls'))}, JSON.stringify({ parameters, file }) + '\\n')
process.stderr.write(${JSON.stringify(stderr)})
setTimeout(() => process.exit(${String(exit)}), ${String(sleepSeconds * 1000)})
`
  writeFileSync(command, script)
  chmodSync(command, 0o755)
  const calls = () =>
    readFileSync(join(folder, 'calls'), 'utf8')
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { parameters: string[]; file?: { path: string; text: string; mode: string } },
      )
  return { command, socketPath: join(folder, 'server.sock'), calls }
}

describe('the SPIRE server as a sink', () => {
  it('is given bundles in a file that is gone afterwards', async () => {
    const { command, socketPath, calls } = createProgram()
    await createSpireBundleSink({ command, socketPath }).set(authority.bundle())
    const [call] = calls()
    const path = call!.file!.path
    expect(call).toEqual({
      parameters: [
        ...['bundle', 'set', '-socketPath', socketPath],
        ...['-format', 'spiffe', '-id', 'spiffe://acme.example', '-path', path],
      ],
      file: { path, text: formatTrustBundle(authority.bundle()), mode: '600' },
    })
    expect(existsSync(path)).toBe(false)
  })

  it('is told to trust a trust domain no longer', async () => {
    const { command, socketPath, calls } = createProgram()
    await createSpireBundleSink({ command, socketPath }).delete(authority.trustDomain)
    expect(calls()).toEqual([
      {
        parameters: [
          ...['bundle', 'delete', '-socketPath', socketPath],
          ...['-id', 'spiffe://acme.example', '-mode', 'dissociate'],
        ],
      },
    ])
  })

  it('may know nothing of what is to be deleted, and must take what is set', async () => {
    const stderr = 'Error: rpc error: code = NotFound desc = bundle not found\n'
    const sink = createSpireBundleSink(createProgram({ exit: 1, stderr }))
    await expect(sink.delete(authority.trustDomain)).resolves.toBeUndefined()
    await expect(sink.set(authority.bundle())).rejects.toMatchObject({
      code: 'COMITY_BUNDLE_PUSH_FAILED',
      details: { action: 'set', exit: 1 },
    })
  })

  it.each([
    ['fails', () => createProgram({ exit: 2, stderr: 'connection refused' }), 2],
    ['is not there', () => ({ command: '/nonexistent/spire-server', socketPath: '/s' }), 'ENOENT'],
    ['takes too long', () => ({ ...createProgram({ sleepSeconds: 30 }), timeoutMs: 1000 }), 'SIGKILL'],
  ])('rejects when the program %s', async (_name, make: () => SpireBundleSinkOptions, exit) => {
    const failed = createSpireBundleSink(make()).delete(authority.trustDomain)
    await expect(failed).rejects.toMatchObject({
      code: 'COMITY_BUNDLE_PUSH_FAILED',
      details: { action: 'delete', exit },
    })
  })

  it.each([
    { socketPath: 'server.sock' },
    { socketPath: '/s', command: '' },
    { socketPath: '/s', timeoutMs: 99 },
    { socketPath: undefined as unknown as string },
  ])('has options that are checked: %j', (options) => {
    expect(() => createSpireBundleSink(options)).toThrow(TypeError)
  })
})
