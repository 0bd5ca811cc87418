import { Client, Server, status, type handleUnaryCall } from '@grpc/grpc-js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { authorizeAny, authorizeId, parseSpiffeId } from '../../src/spiffe/index.ts'
import { createGrpcCredentials, serveGrpc } from '../../src/spiffe/grpc.ts'
import type { TlsClientRules, TlsServerRules } from '../../src/spiffe/tls.ts'
import { always, both, client, globex, listen, server } from './tls-support.ts'

const PATH = '/comity.test.Echo/Say'
const asIs = (bytes: Buffer): Buffer => bytes

/** A gRPC server that says to each caller who it is. */
async function start(rules: Partial<TlsServerRules> = {}) {
  const grpc = new Server()
  const all = { source: server, bundles: both(), authorize: authorizeAny(), ...rules }
  const listener = serveGrpc(grpc, all)
  const say: handleUnaryCall<Buffer, Buffer> = (call, done) => {
    done(null, Buffer.from(listener.peerIdOf(call).uri))
  }
  const unary = { path: PATH, requestStream: false, responseStream: false }
  const coding = {
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  }
  grpc.addService({ say: { ...unary, ...coding } }, { say })
  onTestFinished(() => grpc.forceShutdown())
  return listen(listener.server)
}

async function call(port: number, rules: Partial<TlsClientRules> = {}): Promise<string> {
  const credentials = createGrpcCredentials({
    source: client,
    bundles: both(),
    authorize: authorizeAny(),
    ...rules,
  })
  const caller = new Client(`127.0.0.1:${String(port)}`, credentials)
  onTestFinished(() => caller.close())
  return new Promise((resolve, reject) => {
    caller.makeUnaryRequest(PATH, asIs, asIs, Buffer.from('hello'), (error, answer) => {
      if (error === null) resolve(String(answer))
      else reject(error)
    })
  })
}
const codeOfCall = async (made: Promise<unknown>): Promise<unknown> =>
  made.then(
    () => 'answered',
    (error: unknown) => (error as { readonly code: number }).code,
  )

describe('gRPC', () => {
  it('is served and called with SVIDs; a handler knows who calls', async () => {
    const { port, refusals } = await start()
    expect(await call(port)).toBe('spiffe://globex.example/client')
    const other = always(await globex.issueX509Svid('/other'))
    expect(await call(port, { source: other })).toBe('spiffe://globex.example/other')
    expect(refusals).toEqual([])
  })
  it('has the SVID of its moment for each new connection', async () => {
    const { port } = await start()
    let current = await globex.issueX509Svid('/a')
    const source = { getX509Svid: () => current }
    expect(await call(port, { source })).toMatch(/\/a$/)
    current = await globex.issueX509Svid('/b')
    expect(await call(port, { source })).toMatch(/\/b$/)
  })
  it('does not call a server that is somebody else', async () => {
    const { port, admitted } = await start()
    const authorize = authorizeId(parseSpiffeId('spiffe://acme.example/other'))
    expect(await codeOfCall(call(port, { authorize }))).toBe(status.UNAVAILABLE)
    expect(admitted.every(({ bytesRead }) => bytesRead === 0)).toBe(true)
  })
  it('answers nobody who may not call, and those who may go on', async () => {
    const authorize = authorizeId(parseSpiffeId('spiffe://globex.example/client'))
    const { port, refusals } = await start({ authorize })
    const other = always(await globex.issueX509Svid('/other'))
    expect(await codeOfCall(call(port, { source: other }))).toBe(status.UNAVAILABLE)
    expect(refusals[0]).toMatchObject({ code: 'COMITY_SPIFFE_ID_NOT_AUTHORIZED' })
    expect(await call(port)).toBe('spiffe://globex.example/client')
  })
  it('has no default for who may', () => {
    expect(() => createGrpcCredentials({ bundles: both() } as never)).toThrow(TypeError)
    expect(() => serveGrpc(new Server(), { source: server, bundles: both() })).toThrow(TypeError)
  })
})
