import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

/** The real program, in a process of its own, whose output nobody reads to its end. */

const CLI = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url))
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

function start(...words: string[]) {
  const node = ['--import', TSX, '--conditions=comity-source', CLI]
  // A group of its own, so that the test sees what is left of it.
  const child = spawn(process.execPath, [...node, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const group = -(child.pid ?? 0)
  const isRunning = (): boolean => {
    try {
      return process.kill(group, 0)
    } catch {
      return false
    }
  }
  onTestFinished(() => {
    if (isRunning()) process.kill(group, 'SIGKILL')
  })
  return { child, isRunning, ended: once(child, 'close') }
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk.toString()
  return text
}

describe('the program, when its output is cut off', () => {
  it('says all that it has to say to who does listen', async () => {
    const { child, ended } = start('--help')
    expect(await textOf(child.stdout)).toContain('Usage: comity')
    expect(await ended).toEqual([0, null])
  })

  it('ends without a word on standard error', async () => {
    const { child, ended } = start('--help')
    child.stdout.destroy()
    expect(await textOf(child.stderr)).toBe('')
    expect(await ended).toEqual([141, null])
  })

  it('ends when its errors are not read, too', async () => {
    const { child, ended } = start('no-such-command')
    child.stderr.destroy()
    expect(await textOf(child.stdout)).toBe('')
    expect(await ended).toEqual([141, null])
  })

  it('leaves no process of the demo behind', async () => {
    const { child, isRunning, ended } = start('demo', '--json')
    const errors = textOf(child.stderr)
    await once(child.stdout, 'data')
    child.stdout.destroy()
    expect(await ended).toEqual([141, null])
    expect(await errors).toBe('')
    for (let turn = 0; turn < 100 && isRunning(); turn += 1) await sleep(100)
    expect(isRunning()).toBe(false)
  }, 60_000)
})
