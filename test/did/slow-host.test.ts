import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDidDocument, createDidResolver, didWebFromUrl } from '../../src/did/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createGuardedFetch, insecureAllowLoopback } from '../../src/net/index.ts'
import { createCertificateAuthority } from '../support/certificate-authority.ts'

const DIDS = 1000

let slow: { origin: string; server: Server; most: () => number }
let quick: { origin: string; server: Server }
let ca: string

/** Listens on a free port of loopback. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `https://localhost:${String((server.address() as AddressInfo).port)}`
}

beforeAll(async () => {
  const authority = await createCertificateAuthority()
  ca = authority.ca
  const certificate = await authority.issue()
  let [open, most] = [0, 0]
  const silent = createServer(certificate, (request) => {
    open += 1
    most = Math.max(most, open)
    request.socket.once('close', () => (open -= 1))
  })
  slow = { origin: await listen(silent), server: silent, most: () => most }
  const { publicJwk } = await generateSigner({ alg: 'Ed25519' })
  const server = createServer(certificate, (_request, response) => {
    const did = didWebFromUrl(quick.origin)
    const keys = [{ fragment: '#key-1', jwk: publicJwk, relationships: ['authentication'] as const }]
    response.setHeader('content-type', 'application/did+json')
    response.end(JSON.stringify(createDidDocument({ did, keys })))
  })
  quick = { origin: await listen(server), server }
})
afterAll(() => {
  for (const { server } of [slow, quick]) {
    server.closeAllConnections()
    server.close()
  }
})

describe('a thousand DIDs on one host that never answers', () => {
  it('all end with a code, on few connections, and hold up no other host', { timeout: 60_000 }, async () => {
    const fetch = createGuardedFetch({ [insecureAllowLoopback]: [slow.origin, quick.origin], ca })
    const resolver = createDidResolver({ fetch })
    const attempts = Array.from({ length: DIDS }, (_, index) =>
      resolver.resolveDocument(didWebFromUrl(`${slow.origin}/agents/${String(index)}`)).then(
        () => 'resolved',
        (error: unknown) => error,
      ),
    )
    // While all of them are under way, another host's document is had.
    await expect(resolver.resolveDocument(didWebFromUrl(quick.origin))).resolves.toBeDefined()
    const outcomes = await Promise.all(attempts)
    for (const outcome of outcomes) expect(outcome).toBeInstanceOf(ComityError)
    // The few that are asked for run into the time limit; those that would wait behind too many others are told so.
    expect(new Set(outcomes.map((error) => (error as ComityError).code))).toEqual(
      new Set(['COMITY_DID_UNRESOLVABLE', 'COMITY_NET_BUDGET']),
    )
    expect(slow.most()).toBeLessThanOrEqual(6)
    fetch.close()
  })
})
