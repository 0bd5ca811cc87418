import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/runtime/digests.json' with { type: 'json' }
import {
  hkdfExpand,
  hkdfExtract,
  hmacSha256,
  randomBytes,
  randomId,
  sha256,
  sha256OfPrefix,
  sha384,
  sha512,
  sleep,
  systemClock,
  systemTimers,
} from '../../src/runtime/index.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('digests', () => {
  it.each(vectors.sha256)('SHA-256: $id ($spec)', ({ input, expect: expected }) => {
    expect(toHex(sha256(hex(input)))).toBe(expected)
  })

  it.each(vectors.sha384)('SHA-384: $id ($spec)', ({ input, expect: expected }) => {
    expect(toHex(sha384(hex(input)))).toBe(expected)
  })

  it.each(vectors.sha512)('SHA-512: $id ($spec)', ({ input, expect: expected }) => {
    expect(toHex(sha512(hex(input)))).toBe(expected)
  })

  it.each([0, 1, 64, 199, 200])('SHA-256 of the first %d bytes, and of all', (length) => {
    const bytes = Uint8Array.from({ length: 200 }, (_, index) => index)
    const [prefix, whole] = sha256OfPrefix(bytes, length)
    expect(toHex(prefix)).toBe(toHex(sha256(bytes.slice(0, length))))
    expect(toHex(whole)).toBe(toHex(sha256(bytes)))
  })

  it.each([-1, 201, 1.5, NaN])('SHA-256 has no first %d of 200 bytes', (length) => {
    expect(() => sha256OfPrefix(new Uint8Array(200), length)).toThrow(TypeError)
  })

  it.each(vectors.hmac)('HMAC: $id ($spec)', ({ key, input, expect: expected }) => {
    expect(toHex(hmacSha256(hex(key), hex(input)))).toBe(expected)
  })

  it.each(vectors.hkdf)('HKDF: $id ($spec)', ({ ikm, salt, info, length, expect: expected }) => {
    const prk = hkdfExtract(hex(salt), hex(ikm))
    expect(toHex(prk)).toBe(expected.prk)
    expect(toHex(hkdfExpand(prk, hex(info), length))).toBe(expected.okm)
  })

  it.each([0, 8161, 1.5, NaN])('HKDF does not make %d bytes', (length) => {
    expect(() => hkdfExpand(new Uint8Array(32), new Uint8Array(), length)).toThrow(TypeError)
  })

  it('HKDF does not expand a short key', () => {
    expect(() => hkdfExpand(new Uint8Array(31), new Uint8Array(), 32)).toThrow(TypeError)
  })
})

describe('random', () => {
  it('gives as many bytes as were asked for, others each time', () => {
    expect(randomBytes(0)).toHaveLength(0)
    expect(randomBytes(65_536)).toHaveLength(65_536)
    expect(toHex(randomBytes(16))).not.toBe(toHex(randomBytes(16)))
  })

  it.each([-1, 65_537, 0.5, NaN])('does not give %d bytes', (length) => {
    expect(() => randomBytes(length)).toThrow(TypeError)
  })

  it('gives identifiers of 128 bits', () => {
    const ids = Array.from({ length: 1000 }, randomId)
    expect(new Set(ids).size).toBe(1000)
    expect(ids.every((id) => /^[\w-]{22}$/.test(id))).toBe(true)
  })
})

describe('systemClock', () => {
  it('counts seconds', () => {
    expect(Math.abs(systemClock.now() - Date.now() / 1000)).toBeLessThan(5)
  })
})

describe('systemTimers', () => {
  it('runs once, and again and again, until cancelled', async () => {
    const ran: string[] = []
    const endEvery = systemTimers.every(1, () => ran.push('every'))
    const cancelled = systemTimers.after(1, () => ran.push('cancelled'))
    cancelled()
    cancelled()
    systemTimers.after(0, () => ran.push('after'))
    await expect.poll(() => ran.filter((entry) => entry === 'every').length).toBeGreaterThan(2)
    endEvery()
    const before = ran.length
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(ran).toHaveLength(before)
    expect(ran).toContain('after')
    expect(ran).not.toContain('cancelled')
  })

  it.each([-1, NaN, 2 ** 31])('does not take a delay of %d ms', async (ms) => {
    expect(() => systemTimers.after(ms, () => {})).toThrow(TypeError)
    expect(() => systemTimers.every(ms, () => {})).toThrow(TypeError)
    await expect(sleep(ms)).rejects.toThrow(TypeError)
  })

  it('never keeps a process alive', async () => {
    const module = fileURLToPath(new URL('../../src/runtime/index.ts', import.meta.url))
    const program = `
      import { systemTimers } from ${JSON.stringify(module)}
      systemTimers.after(3_600_000, () => {})
      systemTimers.every(3_600_000, () => {})
      console.log('end')`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { timeout: 60_000 },
    )
    expect(stdout).toBe('end\n')
  }, 70_000)
})

describe('sleep', () => {
  it('waits by the timers that it is given', async () => {
    const delays: number[] = []
    const after = (ms: number, run: () => void): (() => void) => {
      delays.push(ms)
      run()
      return () => {}
    }
    await sleep(5000, { after, every: after })
    expect(delays).toEqual([5000])
  })

  it('ends early with the reason of the signal', async () => {
    const reason = new Error('enough')
    const controller = new AbortController()
    const waiting = sleep(60_000, systemTimers, controller.signal)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(sleep(0, systemTimers, controller.signal)).rejects.toBe(reason)
  })

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    const keepAlive = setTimeout(() => {}, 10_000)
    await sleep(1, systemTimers, signal)
    clearTimeout(keepAlive)
    expect(listeners).toBe(0)
  })
})
