import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import { signJws, type Signer } from '../../src/keys/index.ts'
import { createTokenStatusList, encodeTokenStatusList } from '../../src/status/index.ts'
import {
  createAnchorSource,
  formatAnchorDocument,
  issueAnchorList,
  issuerLeaf,
  MAX_ANCHOR_DOCUMENT,
  multiplyBase,
  parseAnchorDocument,
  rootOf,
  statusTree,
  type AnchorDownload,
  type AnchoredCredential,
} from '../../src/zk/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'
import {
  createAnchoredIssuer,
  createVerifier,
  createWorld,
  publishAnchors,
  START,
  TYPE,
} from './support/anchors-world.ts'

const ENDPOINT = 'https://globex.example/comity/anchors'

/** Two issuers, a verifier that has published their list, and a prover's source. */
async function start() {
  const world = createWorld()
  const acme = await createAnchoredIssuer(world)
  const initech = await createAnchoredIssuer(world, 'initech.example')
  const { idx, uri } = await acme.lists.allocateToken()
  await initech.lists.allocateToken()
  const published = await publishAnchors(world, [acme, initech])
  const { publisher, verifier } = published
  const credential: AnchoredCredential = {
    issuer: acme.did,
    issuerKey: acme.zkSigner.publicKey,
    type: TYPE,
    status: { idx, uri },
  }
  const source = createAnchorSource(world)
  const serve = (digest: string, text = publisher.document(digest) ?? ''): void => {
    world.pages.set(`${ENDPOINT}/${digest.slice('urn:sha256:'.length)}`, async () => text)
  }
  const location = { verifier: verifier.did, endpoint: ENDPOINT }
  /** Starts an epoch and gets its list. */
  const download = async (): Promise<AnchorDownload> => {
    await publisher.startEpoch()
    const { digest } = publisher.current(TYPE)
    serve(digest)
    return source.get(digest, location)
  }
  const revoke = (): Promise<void> =>
    acme.lists.set({ type: 'TokenStatusList', uri, idx }, true, 'revocation')
  return { world, acme, initech, publisher, verifier, credential, source, serve, location, download, revoke }
}

describe('the source of anchors', () => {
  it('gets the list of a demand, and where a credential is in it, asking for nothing of one issuer alone', async () => {
    const { download, credential, publisher, world } = await start()
    const { anchors, leafOf } = await download()
    expect(anchors.digest).toBe(publisher.current(TYPE).digest)
    world.requests.length = 0
    const { index, siblings, statusTree: tree } = await leafOf(credential)
    expect(world.requests.filter((url) => url.includes('status'))).toEqual([])
    expect(index).toBe(0)
    const { idx } = credential.status
    expect(rootOf(tree.leaf(idx), idx >> 7, tree.path(idx))).toBe(tree.root)
    expect(rootOf(issuerLeaf(credential.issuerKey, tree.root), index, siblings)).toBe(anchors.root)
  })

  it('keeps lists, and has many who want one at once share it', async () => {
    const { source, publisher, serve, location, world } = await start()
    await publisher.startEpoch()
    const { digest } = publisher.current(TYPE)
    serve(digest)
    const count = (): number => world.requests.filter((url) => url.startsWith(ENDPOINT)).length
    await Promise.all([source.get(digest, location), source.get(digest, location)])
    await source.get(digest, location)
    expect(count()).toBe(1)
    world.clock.set(START + 660)
    expect(await codeOfPromise(() => source.get(digest, location))).toBe('COMITY_ZK_ANCHORS_STALE')
    expect(count()).toBe(1)
  })

  it('finds out that a credential was revoked, or suspended', async () => {
    const { download, credential, revoke, world } = await start()
    await (await download()).leafOf(credential)
    await revoke()
    world.clock.advance(600)
    const { leafOf } = await download()
    expect(await codeOfPromise(() => leafOf(credential))).toBe('COMITY_ZK_CREDENTIAL_REVOKED')
  })

  it('says when the issuer, its key or its status list is not in the list', async () => {
    const { download, credential, publisher } = await start()
    const { leafOf } = await download()
    const others: Partial<AnchoredCredential>[] = [
      { issuer: 'did:web:initech.example' },
      { issuerKey: multiplyBase(77n) },
      { type: 'OrganizationCredential' },
      { status: { ...credential.status, uri: 'https://acme.example/status/token/9' } },
    ]
    for (const more of others) {
      const code = await codeOfPromise(() => leafOf({ ...credential, ...more }))
      expect(code).toBe('COMITY_ZK_ISSUER_NOT_ANCHORED')
    }
    await publisher.close()
  })

  it('judges an index by all lists of an issuer: a revocation in one of them is not evaded with another', async () => {
    const { download, credential, acme, world, publisher } = await start()
    const { idx } = credential.status
    const second = 'https://acme.example/status/token/2'
    const list = createTokenStatusList()
    list.set(idx, 1)
    const payload = { sub: second, iat: START, status_list: await encodeTokenStatusList(list) }
    const token = await signJws({ header: { typ: 'statuslist+jwt' }, payload, signer: acme.signer })
    world.pages.set(second, async () => token)
    const aggregation = JSON.stringify({ status_lists: [credential.status.uri, second] })
    world.pages.set(acme.lists.aggregationUrl, async () => aggregation)
    const { anchors, leafOf } = await download()
    const tree = statusTree({ length: 131_072, get: (index) => index === idx })
    expect(anchors.leaves.filter(({ issuer }) => issuer === acme.did)).toMatchObject([
      { statusRoot: tree.root },
    ])
    const revoked = { ...credential, status: { idx, uri: second } }
    expect(await codeOfPromise(() => leafOf(revoked))).toBe('COMITY_ZK_CREDENTIAL_REVOKED')
    expect(await codeOfPromise(() => leafOf(credential))).toBe('COMITY_ZK_STATUS_COLLISION')
    await publisher.close()
  })

  it('refuses status lists that the verifier made up to find out who can prove something', async () => {
    const { acme, verifier, credential, source, serve, location, world } = await start()
    const marked = createTokenStatusList()
    for (let at = 0; at < marked.length; at++) if (at !== credential.status.idx) marked.set(at, 1)
    const sign = async (signer: Signer): Promise<string> =>
      signJws({
        header: { typ: 'statuslist+jwt' },
        payload: { sub: credential.status.uri, iat: START, status_list: await encodeTokenStatusList(marked) },
        signer,
      })
    const bits = statusTree({ length: marked.length, get: (index) => marked.get(index) })
    const { jws, digest } = await issueAnchorList({
      signer: verifier.signer,
      issuer: verifier.did,
      type: TYPE,
      epoch: START,
      epochSeconds: 600,
      leaves: [
        {
          issuer: acme.did,
          kid: acme.zkSigner.kid,
          key: acme.zkSigner.publicKey,
          statusLists: [credential.status.uri],
          statusRoot: bits.root,
        },
      ],
    })
    const honest = (await acme.lists.credential(credential.status.uri)) ?? ''
    for (const token of [await sign(verifier.signer), honest, 'x']) {
      serve(
        digest,
        formatAnchorDocument({ anchors: jws, statusLists: new Map([[credential.status.uri, token]]) }),
      )
      const { leafOf } = await createAnchorSource(world).get(digest, location)
      expect(await codeOfPromise(() => leafOf(credential))).toBe('COMITY_ZK_ANCHORS_STATUS_LIST')
    }
    // The control: the same list, had the issuer signed it.
    const statusLists = new Map([[credential.status.uri, await sign(acme.signer)]])
    serve(digest, formatAnchorDocument({ anchors: jws, statusLists }))
    await expect((await source.get(digest, location)).leafOf(credential)).resolves.toMatchObject({ index: 0 })
  })

  it('refuses a list exchanged for another, of another verifier, forged or incomplete', async () => {
    const { publisher, source, serve, location, world, acme, initech } = await start()
    await publisher.startEpoch()
    const first = publisher.current(TYPE).digest
    const before = publisher.document(first) ?? ''
    world.clock.advance(1)
    await publisher.startEpoch()
    const { digest } = publisher.current(TYPE)
    serve(digest, before)
    expect(await codeOfPromise(() => source.get(digest, location))).toBe('COMITY_ZK_ANCHORS_FORGED')
    serve(digest)
    const { did } = await createVerifier(world, 'hooli.example')
    const theirs = { ...location, verifier: did }
    expect(await codeOfPromise(() => source.get(digest, theirs))).toBe('COMITY_ZK_ANCHORS_FORGED')
    const { anchors, statusLists } = parseAnchorDocument(publisher.document(digest) ?? '')
    const [one] = statusLists
    if (one === undefined) throw new TypeError('there are two')
    for (const lists of [[one], [...statusLists, ['https://more.example/1', 'x'] as const]]) {
      serve(digest, formatAnchorDocument({ anchors, statusLists: new Map(lists) }))
      expect(await codeOfPromise(() => source.get(digest, location))).toBe('COMITY_ZK_ANCHORS_MALFORMED')
    }
    serve(digest)
    await expect(source.get(digest, location)).resolves.toBeDefined()
    expect([acme.did, initech.did]).toEqual(publisher.current(TYPE).leaves.map(({ issuer }) => issuer))
  })

  it('says when there is no such list, and when the demand names none', async () => {
    const { source, location, world } = await start()
    const digest = `urn:sha256:${'A'.repeat(43)}`
    expect(await codeOfPromise(() => source.get(digest, location))).toBe('COMITY_ZK_ANCHORS_UNAVAILABLE')
    world.pages.set(`${ENDPOINT}/${'A'.repeat(43)}`, async () => 404)
    expect(await codeOfPromise(() => source.get(digest, location))).toBe('COMITY_ZK_ANCHORS_UNAVAILABLE')
    expect(await codeOfPromise(() => source.get('urn:sha256:../..', location))).toBe(
      'COMITY_ZK_ANCHORS_UNAVAILABLE',
    )
    await expect(source.get(digest, { ...location, verifier: 'globex' })).rejects.toThrow(TypeError)
  })

  it('reads no download but the one form, whatever it is given', () => {
    const good = formatAnchorDocument({
      anchors: 'a.b.c',
      statusLists: new Map([['https://a.example/1', 'd.e.f']]),
    })
    expect(parseAnchorDocument(good).statusLists.get('https://a.example/1')).toBe('d.e.f')
    const bad = [
      '',
      '[]',
      '{}',
      '{"anchors":"a"}',
      '{"anchors":"a","status_lists":{"u":1}}',
      `${good.slice(0, -1)},"x":1}`,
    ]
    for (const text of [...bad, 'x'.repeat(MAX_ANCHOR_DOCUMENT + 1)]) {
      expect(codeOf(() => parseAnchorDocument(text))).toBe('COMITY_ZK_ANCHORS_MALFORMED')
    }
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(() => parseAnchorDocument(text)).toThrow(ComityError)
      }),
    )
  })
})
