import {
  checkStatus,
  createCredential,
  createList,
  decodeList,
} from '@digitalbazaar/vc-bitstring-status-list'
import {
  StatusList as SdJwtStatusList,
  createHeaderAndPayload,
  getListFromStatusListJWT,
  getStatusListFromJWT,
  type BitsPerStatus,
} from '@sd-jwt/jwt-status-list'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseTokenStatus, verifySignedCredential, type StatusEntry } from '../../src/credentials/index.ts'
import { isJsonObject, type JsonObject } from '../../src/encoding/index.ts'
import { parseJws, signJws } from '../../src/keys/index.ts'
import { createStatusReader, decodeStatusList } from '../../src/status/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { NOW, signDocument } from '../credentials/world.ts'
import { createStatusWorld, ENTRY, TOKEN_URL_1, URL_1, type StatusWorld } from './world.ts'

// What others do behind our back would be seen here.
beforeEach(() => {
  vi.stubGlobal('fetch', () => {
    throw new Error('somebody fetches')
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

/** Statuses at scattered places of a list, all of them that have a name and, where they fit, some that have none. */
function statusesOf(bits: BitsPerStatus, length: number): number[] {
  const statuses = new Array<number>(length).fill(0)
  for (let index = 0; index < length; index += 7) statuses[index] = (index * 13) % 2 ** bits
  return statuses
}

describe('Token Status Lists with @sd-jwt/jwt-status-list', () => {
  it.each<BitsPerStatus>([1, 2, 4, 8])('of %d bits that it makes are read here', async (bits) => {
    const world = await createStatusWorld()
    const statuses = statusesOf(bits, 2048)
    const { header, payload } = createHeaderAndPayload(
      new SdJwtStatusList(statuses, bits),
      { iss: world.issuer.did, sub: TOKEN_URL_1, iat: NOW, exp: NOW + 600, ttl: 60 },
      { alg: 'EdDSA', typ: 'statuslist+jwt' },
    )
    const token = await signJws({
      header: { typ: header.typ },
      payload: payload as unknown as JsonObject,
      signer: world.issuer.signer,
    })
    world.web.pages.set(TOKEN_URL_1, token)
    const { web, resolver, clock, issuer } = world
    const reader = createStatusReader({ fetch: web.fetch, resolver, clock })
    const context = { issuer: issuer.did, now: NOW }
    const read: number[] = []
    for (let idx = 0; idx < statuses.length; idx++) {
      read.push(await reader.read({ type: 'TokenStatusList', uri: TOKEN_URL_1, idx }, context))
    }
    expect(read).toEqual(statuses)
    const beyond = { type: 'TokenStatusList', uri: TOKEN_URL_1, idx: statuses.length } as const
    expect(await codeOfPromise(async () => reader.read(beyond, context))).toBe('COMITY_STATUS_LIST_INVALID')
  })

  it('that are published here are read by it', async () => {
    const { publisher } = await createStatusWorld()
    const [revoked, suspended, valid] = [
      await publisher.allocateToken(),
      await publisher.allocateToken(),
      await publisher.allocateToken(),
    ]
    await publisher.set(revoked, true, 'revocation')
    await publisher.set(suspended, true, 'suspension')
    const list = getListFromStatusListJWT((await publisher.credential(TOKEN_URL_1)) ?? '')
    expect(list.getBitsPerStatus()).toBe(2)
    expect(list.statusList).toHaveLength(131_072)
    expect([revoked, suspended, valid].map(({ idx }) => list.getStatus(idx))).toEqual([1, 2, 0])
    expect(list.statusList.filter((status) => status !== 0)).toHaveLength(2)
  })

  it('are referred to alike', async () => {
    const { publisher, issuer } = await createStatusWorld()
    const { uri, idx } = await publisher.allocateToken()
    const payload = { status: { status_list: { uri, idx } } }
    const token = await signJws({ header: { typ: 'dc+sd-jwt' }, payload, signer: issuer.signer })
    expect(getStatusListFromJWT(token)).toEqual({ uri, idx })
    expect(parseTokenStatus(parseJws(token).claims['status'])).toMatchObject({ uri, idx })
  })
})

describe('Bitstring status lists with @digitalbazaar/vc-bitstring-status-list', () => {
  it('that it makes are read here', async () => {
    const world = await createStatusWorld()
    const list = await createList({ length: 131_072 })
    const set = [0, 1, 7, 8, 4711, 131_071]
    for (const index of set) list.setStatus(index, true)
    const document = {
      ...(await createCredential({ id: URL_1, list, statusPurpose: 'revocation' })),
      issuer: world.issuer.did,
    } as unknown as JsonObject
    world.web.pages.set(URL_1, await signDocument(world.issuer.signer, document))
    for (const index of [...set, 2, 6, 9, 4710, 131_070]) {
      const entry = { ...ENTRY, statusListIndex: String(index) }
      expect(await codeOfPromise(async () => world.check([entry]))).toBe(
        set.includes(index) ? 'COMITY_STATUS_REVOKED' : undefined,
      )
    }
    const bits = await decodeStatusList(await list.encode())
    expect(set.every((index) => bits.get(index))).toBe(true)
  })

  /** What it says of a credential with these entries, whose lists are those that are served here. */
  async function judgedByIt(
    world: StatusWorld,
    entries: readonly StatusEntry[],
  ): Promise<readonly boolean[] | undefined> {
    const documentLoader = async (url: string): Promise<{ document: object }> => {
      const { document } = await verifySignedCredential((await world.publisher.credential(url)) ?? '', {
        resolver: world.resolver,
        issuer: world.issuer.did,
        now: NOW,
      })
      return { document }
    }
    const { results } = await checkStatus({
      credential: {
        '@context': ['https://www.w3.org/ns/credentials/v2'],
        issuer: world.issuer.did,
        credentialStatus: entries,
      },
      documentLoader,
      // It knows embedded proofs alone; the signature of ours was checked above.
      verifyBitstringStatusListCredential: false,
    })
    return results?.map(({ status }) => status)
  }

  it('that are published here are read by it', async () => {
    const world = await createStatusWorld()
    const entries = await world.allocate(['revocation', 'suspension'])
    const others = await world.allocate(['revocation', 'suspension'])
    expect(await judgedByIt(world, entries)).toEqual([false, false])
    await world.publisher.set(entries, true, 'suspension')
    expect(await judgedByIt(world, entries)).toEqual([false, true])
    await world.publisher.set(entries, true)
    expect(await judgedByIt(world, entries)).toEqual([true, true])
    expect(await judgedByIt(world, others)).toEqual([false, false])

    const { claims } = parseJws((await world.publisher.credential(URL_1)) ?? '')
    const subject = claims['credentialSubject']
    const encodedList = isJsonObject(subject) ? String(subject['encodedList']) : ''
    expect((await decodeList({ encodedList })).length).toBe(131_072)
  })
})
