import { describe, expect, it } from 'vitest'
import { createHost } from '../../src/gateway/index.ts'
import { createStatusWorld } from './world.ts'

describe('a host serves status lists', () => {
  it('of both kinds at their URLs, each as its media type', async () => {
    const { publisher, allocate, clock } = await createStatusWorld()
    const [entry] = await allocate('suspension')
    const { uri } = await publisher.allocateToken()
    const host = createHost({ origin: 'https://acme.example', statusLists: publisher, clock })
    for (const [url, type] of [
      [entry.statusListCredential, 'application/vc+jwt'],
      [uri, 'application/statuslist+jwt'],
    ] as const) {
      const response = await host.handle(new Request(url))
      expect(response?.headers.get('content-type')).toBe(type)
      expect(response?.headers.get('cache-control')).toBe('no-cache')
      expect(await response?.text()).toBe(await publisher.credential(url))
      expect(publisher.mediaType(url)).toBe(type)
    }
    expect(await host.handle(new Request('https://acme.example/status/token/2'))).toBeUndefined()
    expect(publisher.mediaType('https://acme.example/status')).toBeUndefined()
  })
})
