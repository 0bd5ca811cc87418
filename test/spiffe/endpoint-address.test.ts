import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import { parseEndpointAddress } from '../../src/spiffe/index.ts'

describe('addresses of a Workload API', () => {
  it.each([
    ['unix:///run/agent.sock', { scheme: 'unix', path: '/run/agent.sock' }],
    ['unix:/run/agent.sock', { scheme: 'unix', path: '/run/agent.sock' }],
    ['unix:///run/a%20b.sock', { scheme: 'unix', path: '/run/a b.sock' }],
    ['tcp://127.0.0.1:8000', { scheme: 'tcp', host: '127.0.0.1', port: 8000 }],
    ['tcp://[::1]:8000', { scheme: 'tcp', host: '::1', port: 8000 }],
  ])('[F10] [F11] %s is read', (text, address) => {
    expect(parseEndpointAddress(text)).toEqual(address)
  })

  it.each([
    ['[F9] of another scheme', 'http://127.0.0.1:8000', 'npipe:a', '/run/agent.sock', ''],
    ['[F10] `unix:` with an authority', 'unix://host/run/agent.sock', 'unix://u@/run/agent.sock'],
    [
      '[F10] `unix:` without an absolute path',
      'unix:run/agent.sock',
      'unix://',
      'unix:///',
      'unix:',
      'unix:/a%00b',
    ],
    ['[F10] `unix:` with a query or fragment', 'unix:///run/a?b', 'unix:///run/a#b', 'unix:///run/a%'],
    [
      '[F11] `tcp:` with a name',
      'tcp://localhost:8000',
      'tcp://1.2.3:8000',
      'tcp://0x7f.0.0.1:80',
      'tcp://2130706433:80',
    ],
    [
      '[F11] `tcp:` without a port',
      'tcp://127.0.0.1',
      'tcp://127.0.0.1:',
      'tcp://127.0.0.1:0',
      'tcp://127.0.0.1:65536',
    ],
    [
      '[F11] `tcp:` with more',
      'tcp://127.0.0.1:1/a',
      'tcp://127.0.0.1:1/',
      'tcp://127.0.0.1:1?a',
      'tcp://127.0.0.1:1#a',
      'tcp://u@127.0.0.1:1',
    ],
    ['[F11] an IPv6 address without brackets', 'tcp://::1:8000', 'tcp://[127.0.0.1]:8000'],
  ])('%s is refused', (_, ...texts) => {
    for (const text of texts) {
      expect(() => parseEndpointAddress(text), text).toThrow(
        expect.objectContaining({ code: 'COMITY_ENDPOINT_ADDRESS_INVALID' }),
      )
    }
  })

  it('answers any text with an address or a ComityError', () => {
    const part = fc.constantFrom(
      'unix:',
      'tcp:',
      '//',
      '/',
      '127.0.0.1',
      '[::1]',
      ':',
      '80',
      '%',
      '%00',
      '?',
      '\0',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (input) => {
        try {
          const address = parseEndpointAddress(input)
          if (address.scheme === 'unix') expect(address.path).toMatch(/^\/[^\0]+$/)
        } catch (error) {
          if (!(error instanceof ComityError)) throw error
        }
      }),
    )
    expect(() => parseEndpointAddress(`unix:/${'a'.repeat(1 << 20)}`)).toThrow(ComityError)
  })
})
