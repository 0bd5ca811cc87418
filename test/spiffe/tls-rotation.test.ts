import { connect, createSecureContext, createServer, type SecureVersion } from 'node:tls'
import { describe, expect, it } from 'vitest'
import {
  authorizeAny,
  authorizeId,
  createBundleSet,
  createTrustBundle,
  formatPem,
  parseCertificate,
  parseSpiffeId,
  parseTrustDomain,
  parseX509Svid,
} from '../../src/spiffe/index.ts'
import {
  connectTls,
  peerIdOf,
  peerSvidOf,
  tlsClientOptions,
  tlsServerOptions,
  type X509SvidSource,
} from '../../src/spiffe/tls.ts'
import { createSpiffeAuthority } from '../../src/testing/index.ts'
import { forge, forgeLeaf } from './forge.ts'
import {
  acme,
  always,
  both,
  client,
  echoed,
  failure,
  globex,
  listen,
  say,
  server,
  startEcho,
} from './tls-support.ts'

interface Careless {
  readonly source?: X509SvidSource
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
  readonly ciphers?: string
}

/** A client that takes care of nothing, whatever our own insists on. */
const careless = (port: number, { source = client, ...options }: Careless = {}) => {
  const { chain, privateKey } = source.getX509Svid()
  const secureContext = createSecureContext({
    cert: chain.map(({ der }) => formatPem('CERTIFICATE', der)).join(''),
    key: formatPem('PRIVATE KEY', privateKey),
    ca: acme.bundle().x509Authorities.map(({ der }) => formatPem('CERTIFICATE', der)),
    ...options,
  })
  return { host: '127.0.0.1', port, secureContext, checkServerIdentity: () => undefined }
}

const rules = () => ({ source: client, bundles: both(), authorize: authorizeAny() })

describe('an SVID that is renewed', () => {
  it('is shown by a server from the next connection on, with and without SNI; open ones live on', async () => {
    let current = await acme.issueX509Svid('/server')
    const { port } = await startEcho({ source: { getX509Svid: () => current } })
    const before = await say(port)
    const first = current
    current = await acme.issueX509Svid('/server')
    const after = await say(port)
    const named = await say(port, {}, { servername: 'server.acme.example' })
    const [leafBefore, ...leavesAfter] = [before, after, named].map(
      (each) => peerSvidOf(each).leaf.fingerprint,
    )
    expect(leafBefore).toBe(first.chain[0]?.fingerprint)
    expect(leavesAfter).toEqual([current.chain[0]?.fingerprint, current.chain[0]?.fingerprint])
    await expect(echoed(before)).resolves.toBe(before)
  })

  it('is shown by a client from the next connection on', async () => {
    let current = await globex.issueX509Svid('/client')
    const { port, admitted } = await startEcho()
    const source = { getX509Svid: () => current }
    const agentRules = { ...rules(), source }
    await say(port, agentRules)
    current = await globex.issueX509Svid('/client/renewed')
    await say(port, agentRules)
    expect(admitted.map((socket) => peerIdOf(socket).path)).toEqual(['/client', '/client/renewed'])
  })

  it('is not shown when the source has none: nobody connects then, and again when it has', async () => {
    let isThere = false
    const svid = server.getX509Svid()
    const source = {
      getX509Svid: () => {
        if (!isThere) throw Object.assign(new Error('none'), { code: 'NONE' })
        return svid
      },
    }
    const { port, refusals } = await startEcho({ source })
    expect(await failure(say(port))).toBeDefined()
    expect(refusals[0]).toMatchObject({ code: 'NONE' })
    expect(() => connectTls({ ...rules(), source }, { port })).toThrow('none')
    isThere = true
    expect(await failure(say(port))).toBeUndefined()
  })
})

describe('bundles that change', () => {
  it('[E38] [B26] count from the next connection on, at both ends', async () => {
    const authority = await createSpiffeAuthority('initech.example')
    const held = createBundleSet([authority.bundle(), acme.bundle()])
    const { port, admitted } = await startEcho({ bundles: held })
    const old = always(await authority.issueX509Svid('/w'))
    const open = await say(port, { source: old })
    await authority.rotate()
    const renewed = always(await authority.issueX509Svid('/w'))
    expect(await failure(say(port, { source: renewed }))).toBeDefined()
    held.set(authority.bundle())
    expect(await failure(say(port, { source: renewed }))).toBeUndefined()
    expect(await failure(say(port, { source: old }))).toBeUndefined()
    authority.dropOld()
    held.set(authority.bundle())
    expect(await failure(say(port, { source: old }))).toBeDefined()
    expect(await failure(say(port, { source: renewed }))).toBeUndefined()
    held.delete(authority.trustDomain)
    expect(await failure(say(port, { source: renewed }))).toBeDefined()
    await expect(echoed(open)).resolves.toBe(open)
    expect(admitted).toHaveLength(4)
  })

  it('may have authorities that are no roots', async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const valid = { notBefore: seconds - 60, notAfter: seconds + 600 }
    const root = await forge({ name: 'CN=upstream', ...valid })
    const authority = await forge({ name: 'CN=a.example', issuer: root, ...valid })
    const leaf = await forgeLeaf(authority, 'spiffe://a.example/w', valid)
    const key = new Uint8Array(await crypto.subtle.exportKey('pkcs8', leaf.keys.privateKey))
    const source = always(await parseX509Svid(leaf.der, key))
    const trustDomain = parseTrustDomain('a.example')
    const bundles = createBundleSet([
      createTrustBundle({ trustDomain, x509Authorities: [parseCertificate(authority.der)] }),
    ])
    const { port, admitted } = await startEcho({ source, bundles })
    const socket = await say(port, { source, bundles })
    expect(peerSvidOf(socket).path).toHaveLength(2)
    expect(peerIdOf(admitted[0]!).uri).toBe('spiffe://a.example/w')
  })
})

describe('a session', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is never resumed with a server of ours (%s)', async (version) => {
    const { port, admitted } = await startEcho()
    const raw = careless(port, { maxVersion: version, minVersion: version })
    const sessions: Buffer[] = []
    const first = connect(raw).on('session', (session) => sessions.push(session))
    await echoed(first)
    expect(first.getProtocol()).toBe(version)
    const second = connect({ ...raw, session: sessions.at(-1) ?? first.getSession() })
    await echoed(second)
    expect(second.isSessionReused()).toBe(false)
    expect(admitted.map((socket) => [socket.isSessionReused(), peerIdOf(socket).path])).toEqual([
      [false, '/client'],
      [false, '/client'],
    ])
  })

  it('is not resumed either where the server was told to keep sessions: bundles of then count', async () => {
    const held = createBundleSet([acme.bundle(), globex.bundle()])
    const options = tlsServerOptions({ source: server, bundles: held, authorize: authorizeAny() })
    const tlsServer = options.secure(createServer(options, (socket) => socket.pipe(socket)))
    const sessions = new Map<string, Buffer>()
    tlsServer.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
      sessions.set(id.toString('hex'), data)
      done()
    })
    tlsServer.on('resumeSession', (id: Buffer, done: (error: null, data: Buffer | null) => void) =>
      done(null, sessions.get(id.toString('hex')) ?? null),
    )
    const { port, refusals } = await listen(tlsServer)
    const source = always(await globex.issueX509Svid('/client'))
    const raw = careless(port, { source, maxVersion: 'TLSv1.2' })
    const first = await echoed(connect(raw))
    const resumed = await echoed(connect({ ...raw, session: first.getSession()! }))
    expect(resumed.isSessionReused()).toBe(false)
    held.delete(globex.trustDomain)
    expect(await failure(echoed(connect({ ...raw, session: first.getSession()! })))).toBeDefined()
    expect(refusals).toHaveLength(1)
  })

  it('is not kept by the agents of clients', async () => {
    const options = tlsClientOptions(rules())
    expect(options.maxCachedSessions).toBe(0)
    // An agent puts what it remembers before the options of a connection: these must override it.
    expect(Object.entries({ session: 'remembered', ...options })).toContainEqual(['session', undefined])
  })
})

describe('what TLS must be', () => {
  it('[E13] is 1.2 with forward secrecy and authenticated encryption, or newer', async () => {
    const { port } = await startEcho()
    const attempt = async (options: Careless) => {
      try {
        await echoed(connect(careless(port, options)))
        return 'connected'
      } catch (error) {
        return (error as Error).message
      }
    }
    const old = { ciphers: 'ALL:@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
    expect(await attempt(old)).toMatch(/alert protocol version/)
    for (const ciphers of ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'AES128-GCM-SHA256']) {
      expect(await attempt({ ciphers, maxVersion: 'TLSv1.2' })).toMatch(/alert handshake failure/)
    }
    const good = { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const
    expect(await attempt(good)).toBe('connected')
    expect((await say(port, {}, {})).getProtocol()).toBe('TLSv1.3')
  })

  it('has no renegotiation', async () => {
    const { port } = await startEcho()
    const raw = careless(port, { maxVersion: 'TLSv1.2' })
    const socket = await echoed(connect(raw))
    expect(socket.getProtocol()).toBe('TLSv1.2')
    const outcome = await new Promise((resolve) => {
      socket.once('error', resolve)
      if (socket.renegotiate({}, resolve) === false) resolve(new Error('refused'))
    })
    expect(String(outcome)).toMatch(/no renegotiation/)
    socket.destroy()
  })
})

describe('the rules', () => {
  const { authorize, bundles } = rules()

  it('have no default for who may', () => {
    expect(() => tlsClientOptions({ bundles } as never)).toThrow(TypeError)
    expect(() => tlsServerOptions({ source: server, bundles })).toThrow(TypeError)
    expect(() => tlsServerOptions({ source: server, authorize })).toThrow(TypeError)
  })
  it('must say which bundles count', () => {
    const unlisted = { getBundle: bundles.getBundle }
    expect(() => tlsClientOptions({ bundles: unlisted, authorize })).toThrow(TypeError)
    const one = authorizeId(parseSpiffeId('spiffe://acme.example/server'))
    expect(() => tlsClientOptions({ bundles: unlisted, authorize: one })).not.toThrow()
  })
  it('do nothing for a server that was not made secure: nobody can connect', async () => {
    const { port } = await listen(createServer(tlsServerOptions({ source: server, bundles, authorize })))
    expect(await failure(say(port))).toMatch(/^(ERR_SSL|EPROTO)/)
  })
  it('are for a server once', () => {
    const options = tlsServerOptions({ source: server, bundles, authorize })
    const tlsServer = options.secure(createServer(options))
    expect(() => options.secure(tlsServer)).toThrow(TypeError)
  })
  it('leave no identity on a connection that they did not judge', async () => {
    const options = tlsServerOptions({ source: server })
    const { port, admitted } = await listen(
      options.secure(createServer(options, (socket) => socket.pipe(socket))),
    )
    const socket = await say(port)
    expect(peerIdOf(socket).path).toBe('/server')
    expect(() => peerIdOf(admitted[0]!)).toThrow(TypeError)
  })
})
