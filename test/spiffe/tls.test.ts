import { describe, expect, it } from 'vitest'
import { authorizeId, parseSpiffeId } from '../../src/spiffe/index.ts'
import { peerIdOf } from '../../src/spiffe/tls.ts'
import { both, say, startEcho } from './tls-support.ts'

describe('TLS with X.509-SVIDs', () => {
  it('tells each end who the other is', async () => {
    const { port, admitted, refusals } = await startEcho()
    const socket = await say(port)
    expect(peerIdOf(socket).uri).toBe('spiffe://acme.example/server')
    expect(peerIdOf(admitted[0]!).uri).toBe('spiffe://globex.example/client')
    expect(refusals).toEqual([])
  })
  it('needs no more bundles than those of the trust domains that the authorizer names', async () => {
    const authorize = authorizeId(parseSpiffeId('spiffe://acme.example/server'))
    const bundles = both()
    const { port } = await startEcho()
    const socket = await say(port, { authorize, bundles: { getBundle: (td) => bundles.getBundle(td) } })
    expect(peerIdOf(socket).path).toBe('/server')
  })
})
