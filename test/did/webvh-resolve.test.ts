import { Resolver } from 'did-resolver'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import {
  createDidResolver,
  didKeyFromJwk,
  findVerificationKey,
  createDidMethods,
} from '../../src/did/index.ts'
import {
  approveWebvhVersion,
  createWebvhCache,
  createWebvhDid,
  createWitnessFile,
  deactivateWebvhDid,
  resolveWebvh,
  updateWebvhDid,
  type CreateWebvhDidOptions,
  type ResolveWebvhOptions,
  type WrittenWebvhDid,
} from '../../src/did/webvh/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import { startHost, type WebvhHost } from './webvh-host.ts'
import { documentOf, refusalOf, signers, START } from './webvh-support.ts'

const [signer, witness] = (await signers(2)) as [Signer, Signer]

// Nothing here may go out but through the guarded fetch.
const ambient = vi.fn(() => Promise.reject(new Error('the global fetch was called')))
beforeAll(() => {
  vi.stubGlobal('fetch', ambient)
  return () => {
    expect(ambient).not.toHaveBeenCalled()
    vi.unstubAllGlobals()
  }
})

async function create(
  host: WebvhHost,
  options: Partial<CreateWebvhDidOptions> = {},
): Promise<WrittenWebvhDid> {
  const { location } = host
  const made = await createWebvhDid({ location, document: documentOf, signer, now: START, ...options })
  host.serve(made.files)
  return made
}

const LOG = '/agents/invoices/did.jsonl'
const WITNESS = '/agents/invoices/did-witness.json'
const resolve = (host: WebvhHost, did: string, options: Partial<ResolveWebvhOptions> = {}) =>
  resolveWebvh(did, { fetch: host.fetch, now: START + 1000, ...options })

describe('resolving', () => {
  it('gives the document with the services that go without saying, and all metadata', async () => {
    const host = await startHost()
    const { did, log } = await create(host, { ttl: 30, watchers: ['https://watcher.example/'] })
    const two = await updateWebvhDid({
      log,
      signer,
      now: START + 1,
      document: (id) => documentOf(id, '#key-2'),
    })
    host.serve(two.files)
    const { didDocument, didDocumentMetadata, didResolutionMetadata } = await resolve(host, did)
    const base = `${host.location}/`
    expect(didDocument).toEqual({
      ...documentOf(did, '#key-2'),
      service: [
        { id: `${did}#files`, type: 'relativeRef', serviceEndpoint: base },
        {
          '@context': 'https://identity.foundation/linked-vp/contexts/v1',
          id: `${did}#whois`,
          type: 'LinkedVerifiablePresentation',
          serviceEndpoint: `${base}whois.vp`,
        },
      ],
    })
    expect(didResolutionMetadata).toEqual({ contentType: 'application/did+json', maxAge: 30 })
    expect(didDocumentMetadata).toEqual({
      created: '2026-11-24T00:00:00Z',
      updated: '2026-11-24T00:00:01Z',
      versionId: two.versionId,
      versionTime: '2026-11-24T00:00:01Z',
      deactivated: false,
      scid: did.split(':')[2],
      portable: false,
      ttl: '30',
      watchers: ['https://watcher.example/'],
    })
    expect(host.asked).toEqual([LOG])
  })

  it('keeps services of these names, and the shorter of two times', async () => {
    const host = await startHost()
    const service = { id: '#files', type: 'relativeRef', serviceEndpoint: 'https://files.example/' }
    const { did, log } = await create(host, { document: (id) => ({ ...documentOf(id), service: [service] }) })
    host.answers.set(LOG, { body: log, headers: { 'cache-control': 'max-age=7' } })
    const { didDocument, didResolutionMetadata } = await resolve(host, did)
    expect(didDocument?.service?.map(({ id }) => id)).toEqual(['#files', `${did}#whois`])
    expect(didResolutionMetadata).toMatchObject({ maxAge: 7 })
  })

  it('finds earlier versions, by options and by DID URL', async () => {
    const host = await startHost()
    const one = await create(host)
    const two = await updateWebvhDid({ log: one.log, signer, now: START + 10 })
    host.serve(two.files)
    for (const query of [
      { versionNumber: 1 },
      { versionId: one.versionId },
      { versionTime: '2026-11-24T00:00:09Z' },
    ]) {
      const { didDocumentMetadata } = await resolve(host, one.did, query)
      expect(didDocumentMetadata).toMatchObject({
        versionId: one.versionId,
        nextVersionId: two.versionId,
        nextUpdate: '2026-11-24T00:00:10Z',
      })
    }
    const registry = createDidMethods({ fetch: host.fetch, clock: { now: () => START + 1000 } })
    const resolver = new Resolver(registry)
    const at = async (query: string) =>
      (await resolver.resolve(`${one.did}?${query}`)).didDocumentMetadata.versionId
    expect(await at('versionNumber=1')).toBe(one.versionId)
    expect(await at('versionTime=2026-11-24T00:00:09+00:00')).toBe(one.versionId)
    expect(await at(`versionId=${two.versionId}`)).toBe(two.versionId)
    for (const [query, error] of [
      ['versionNumber=9', 'notFound'],
      ['versionNumber=x', 'invalidDid'],
      ['versionNumber=1&versionNumber=2', 'invalidDid'],
      ['versionNumber=1&versionId=x', 'invalidDid'],
    ]) {
      const { didResolutionMetadata } = await resolver.resolve(`${one.did}?${query!}`)
      expect(didResolutionMetadata.error).toBe(error)
    }
  })

  it('a deactivated DID has no document, also for who has cached it', async () => {
    const host = await startHost()
    const one = await create(host)
    const resolver = createDidResolver({ fetch: host.fetch, clock: { now: () => START + 1000 } })
    const document = await resolver.resolveDocument(one.did)
    expect(findVerificationKey(document, `${one.did}#key-1`, 'authentication')).toBeDefined()
    host.serve((await deactivateWebvhDid({ log: one.log, signer, now: START + 1 })).files)
    const { didDocument, didDocumentMetadata } = await resolve(host, one.did)
    expect(didDocument).toBeNull()
    expect(didDocumentMetadata).toMatchObject({ deactivated: true, created: '2026-11-24T00:00:00Z' })
    const earlier = await resolve(host, one.did, { versionNumber: 1 })
    expect(earlier.didDocument).toMatchObject({ id: one.did })
    expect(earlier.didDocumentMetadata).toMatchObject({ deactivated: true })
    await expect(resolver.resolveDocument(one.did, { fresh: true })).rejects.toMatchObject({
      code: 'COMITY_DID_DEACTIVATED',
    })
    await expect(resolver.resolveDocument(one.did)).rejects.toMatchObject({ code: 'COMITY_DID_DEACTIVATED' })
  })

  it('a DID that has moved: the new one, and not the old one', async () => {
    const host = await startHost()
    const one = await create(host, { portable: true })
    const location = `${host.server.origin}/new`
    const two = await updateWebvhDid({ log: one.log, signer, now: START + 1, location })
    host.serve(two.files)
    await expect(resolve(host, two.did)).resolves.toMatchObject({
      didDocument: { id: two.did, alsoKnownAs: [one.did] },
    })
    const before = await resolve(host, two.did, { versionNumber: 1 })
    expect(before.didDocument?.id).toBe(one.did)
    host.answers.set(LOG, { body: two.log })
    expect(await refusalOf(resolve(host, one.did))).toBe('COMITY_DID_DOCUMENT_INVALID')
  })

  it('a document that is none, in a log that verifies', async () => {
    const host = await startHost()
    const { did, log } = await create(host)
    const bad = (id: string): JsonObject => ({
      ...documentOf(id),
      verificationMethod: [{ id: `${id}#key-1` }],
    })
    await expect(updateWebvhDid({ log, signer, now: START + 1, document: bad })).rejects.toThrow(TypeError)
    const { forgeNext } = await import('./webvh-forge.ts')
    const lines = log.trimEnd().split('\n')
    const versionId = (JSON.parse(lines[0]!) as { versionId: string }).versionId
    const forged = await forgeNext({ did, lines, versionId, log }, { signer, state: bad })
    host.answers.set(LOG, { body: forged.log })
    // It is what the controller signed, and nothing that anybody may use.
    expect((await resolve(host, did)).didDocument?.id).toBe(did)
    const clock = { now: () => START + 1000 }
    const plain = new Resolver(createDidMethods({ fetch: host.fetch, clock }))
    expect((await plain.resolve(did)).didResolutionMetadata).toMatchObject({
      code: 'COMITY_DID_DOCUMENT_INVALID',
    })
    const resolver = createDidResolver({ fetch: host.fetch, clock })
    expect(await refusalOf(resolver.resolveDocument(did))).toBe('COMITY_DID_DOCUMENT_INVALID')
  })
})

describe('witnesses', () => {
  it('are asked for when they are needed, and not again for what was verified', async () => {
    const host = await startHost()
    const config = { threshold: 1, witnesses: [didKeyFromJwk(witness.publicJwk)] }
    const one = await create(host, { witness: config })
    expect(await refusalOf(resolve(host, one.did))).toBe('COMITY_DID_LOG_WITNESS')
    const approvals = [await approveWebvhVersion({ log: one.log, signer: witness, now: START + 1 })]
    host.serve([await createWitnessFile({ log: one.log, approvals, now: START + 1 })])
    host.asked.length = 0
    const cache = createWebvhCache()
    const { didDocumentMetadata } = await resolve(host, one.did, { cache })
    expect(didDocumentMetadata).toMatchObject({
      witness: { threshold: '1', witnesses: [{ id: config.witnesses[0] }] },
    })
    expect(host.asked).toEqual([LOG, WITNESS])
    await resolve(host, one.did, { cache })
    expect(host.asked).toEqual([LOG, WITNESS, LOG])
  })

  it('do not approve what does not go on from what they know', async () => {
    const host = await startHost()
    const one = await create(host)
    const [two, fork] = await Promise.all(
      [1, 2].map((later) => updateWebvhDid({ log: one.log, signer, now: START + later })),
    )
    const options = { signer: witness, now: START + 5 }
    await expect(approveWebvhVersion({ ...options, log: two!.log, known: one.log })).resolves.toMatchObject({
      versionId: two!.versionId,
    })
    expect(await refusalOf(approveWebvhVersion({ ...options, log: fork!.log, known: two!.log }))).toBe(
      'COMITY_DID_LOG_ROLLBACK',
    )
  })
})

describe('what the host does', () => {
  it.each([
    [404, 'COMITY_DID_NOT_FOUND'],
    [410, 'COMITY_DID_NOT_FOUND'],
    [500, 'COMITY_DID_UNRESOLVABLE'],
    [302, 'COMITY_DID_UNRESOLVABLE'],
  ])('answers %i', async (status, code) => {
    const host = await startHost()
    const { did } = await create(host)
    host.answers.set(LOG, { status, headers: status === 302 ? { location: '/elsewhere' } : {} })
    expect(await refusalOf(resolve(host, did))).toBe(code)
  })

  it('serves too much, or an older or another log than it did', async () => {
    const host = await startHost()
    const one = await create(host)
    const [two, fork] = await Promise.all(
      [1, 2].map((later) => updateWebvhDid({ log: one.log, signer, now: START + later })),
    )
    const cache = createWebvhCache({ maxBytes: 1 })
    host.serve(two!.files)
    await resolve(host, one.did, { cache })
    // The log itself is too large to be kept; how far it had come is remembered.
    expect(cache.get(one.did)).toBeUndefined()
    for (const { log } of [one, fork!]) {
      host.answers.set(LOG, { body: log })
      await expect(resolve(host, one.did)).resolves.toMatchObject({ didDocument: { id: one.did } })
      expect(await refusalOf(resolve(host, one.did, { cache }))).toBe('COMITY_DID_LOG_ROLLBACK')
    }
    const three = await updateWebvhDid({ log: two!.log, signer, now: START + 3 })
    host.answers.set(LOG, { body: three.log })
    await expect(resolve(host, one.did, { cache })).resolves.toMatchObject({
      didDocumentMetadata: { versionId: three.versionId },
    })
    host.answers.set(LOG, { body: 'x'.repeat((4 << 20) + 1) })
    await expect(resolve(host, one.did)).rejects.toMatchObject({
      code: 'COMITY_DID_UNRESOLVABLE',
      details: { reason: 'COMITY_NET_TOO_LARGE' },
    })
  })
})

it('a cache has bounds', async () => {
  expect(() => createWebvhCache({ maxBytes: 0 })).toThrow(TypeError)
  expect(() => createWebvhCache({ maxRemembered: 1.5 })).toThrow(TypeError)
  const { createDid, verify } = await import('./webvh-support.ts')
  const made = await Promise.all(
    [1, 2, 3].map(() => createDid(signer, { portable: true, ttl: Math.trunc(Math.random() * 1e9) })),
  )
  const logs = await Promise.all(made.map(({ did, log }) => verify(did, log)))
  const size = made[0]!.log.length + 256
  const cache = createWebvhCache({ maxBytes: Math.trunc(2.5 * size), maxRemembered: 2 })
  logs.forEach((log) => cache.keep(log))
  expect(logs.map(({ did }) => cache.get(did) !== undefined)).toEqual([false, true, true])
})
