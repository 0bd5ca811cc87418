import { describe, expect, it } from 'vitest'
import { generateSigner, signJws, withKid } from '../../src/keys/index.ts'
import type { EventPublisher } from '../../src/revocation/index.ts'
import { authorizeStreamRequest } from '../../src/revocation/stream-request.ts'
import { randomId, systemClock } from '../../src/runtime/index.ts'
import { AGENT, createPair, type Pair } from './support.ts'

async function publish(publisher: EventPublisher, ...reasons: string[]): Promise<void> {
  for (const reason of reasons) await publisher.publish({ subject: AGENT, kind: 'session-revoked', reason })
}

describe('a stream request', () => {
  async function ask(
    pair: Pair,
    authorization: string | null,
    init: { method?: 'GET' | 'POST'; body?: string } = {},
  ): Promise<number> {
    const stream = await pair.world.fetch.stream(`${pair.world.origin}/acme/events`, {
      ...init,
      headers: authorization === null ? {} : { authorization },
    })
    stream.close()
    return stream.status
  }
  async function authorizationFor(
    { acme, globex }: Pair,
    change: Record<string, unknown> = {},
    typ = 'comity-events+jwt',
  ): Promise<string> {
    const iat = Math.floor(systemClock.now())
    const payload = {
      iss: globex.did,
      aud: acme.did,
      iat,
      exp: iat + 60,
      jti: randomId(),
      ...change,
    } as Record<string, string | number>
    return `Comity ${await signJws({ header: { typ }, payload, signer: globex.signer })}`
  }

  it('is answered once', async () => {
    const pair = await createPair()
    const authorization = await authorizationFor(pair)
    expect(await ask(pair, authorization)).toBe(200)
    expect(await ask(pair, authorization)).toBe(401)
    const many = await authorizationFor(pair)
    const statuses = await Promise.all(Array.from({ length: 5 }, () => ask(pair, many)))
    expect(statuses.sort()).toEqual([200, 401, 401, 401, 401])
  })

  it.each<[string, Record<string, unknown>]>([
    ['for another publisher', { aud: 'did:web:other.example' }],
    ['by another subscriber', { iss: 'did:web:other.example' }],
    ['that has expired', { iat: 1_700_000_000, exp: 1_700_000_060 }],
    ['that lives too long', { exp: 9_000_000_000 }],
    ['without an end', { exp: undefined }],
    ['without a jti', { jti: undefined }],
    ['with a long jti', { jti: 'j'.repeat(129) }],
  ])('is refused %s', async (_name, change) => {
    const pair = await createPair()
    const claims = Object.fromEntries(Object.entries(change))
    const iat = Math.floor(systemClock.now())
    const all = { iss: pair.globex.did, aud: pair.acme.did, iat, exp: iat + 60, jti: randomId(), ...claims }
    const payload = JSON.parse(JSON.stringify(all)) as Record<string, string>
    const token = await signJws({ header: { typ: 'comity-events+jwt' }, payload, signer: pair.globex.signer })
    expect(await ask(pair, `Comity ${token}`)).toBe(401)
  })

  it('is refused without proof, in another form, by another key, or as another kind of token', async () => {
    const pair = await createPair()
    const good = await authorizationFor(pair)
    const stranger = withKid(await generateSigner({ alg: 'Ed25519' }), pair.globex.signer.kid)
    const forged = await authorizeStreamRequest({
      signer: stranger,
      subscriber: pair.globex.did,
      publisher: pair.acme.did,
    })
    for (const authorization of [
      null,
      '',
      'Comity',
      good.replace('Comity', 'Bearer'),
      `${good}, ${good}`,
      `Comity ${'a'.repeat(8192)}.b.c`,
      forged,
      await authorizationFor(pair, {}, 'at+jwt'),
    ]) {
      expect(await ask(pair, authorization)).toBe(401)
    }
    expect(await ask(pair, good)).toBe(200)
  })

  it('is refused to those who are not admitted, before anything is fetched for them', async () => {
    const refused: unknown[] = []
    const pair = await createPair({
      stream: { admit: (did) => did.includes('initech'), onRefused: ({ code }) => refused.push(code) },
    })
    expect(await ask(pair, await authorizationFor(pair))).toBe(401)
    expect(refused).toEqual(['COMITY_EVENT_NOT_ENTITLED'])
    await expect(pair.listener().listen(pair.acme.did)).rejects.toHaveProperty('code', 'COMITY_PEER_REFUSED')
  })

  it('says no more than a coarse code', async () => {
    const pair = await createPair()
    const response = await pair.world.fetch(`${pair.world.origin}/acme/events`)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('www-authenticate')).toBe('Comity')
    expect(JSON.parse(new TextDecoder().decode(response.body))).toEqual({
      type: 'about:blank',
      status: 401,
      code: 'authentication',
    })
  })

  it('meets a limit', async () => {
    const pair = await createPair({ publisher: { maxSubscribers: 1 } })
    await pair.listener().listen(pair.acme.did)
    const other = await pair.world.party('other')
    const authorization = await authorizeStreamRequest({
      signer: other.signer,
      subscriber: other.did,
      publisher: pair.acme.did,
    })
    expect(await ask(pair, authorization)).toBe(503)
  })

  it('confirms only events that there are, in a small body', async () => {
    const pair = await createPair()
    await publish(pair.publisher, 'a')
    // Whoever subscribes first gives the log its name.
    expect(await ask(pair, await authorizationFor(pair))).toBe(200)
    const epoch = (await pair.published.get(`events-epoch/${pair.acme.did}`)) ?? ''
    const post = async (body: string): Promise<number> =>
      await ask(pair, await authorizationFor(pair), { method: 'POST', body })
    expect(await post('{"ack":1}')).toBe(400)
    expect(await post('{"ack":"x.1"}')).toBe(400)
    expect(await post('not json')).toBe(400)
    expect(await post(JSON.stringify({ ack: 'a'.repeat(2000) }))).toBe(400)
    expect(await post('')).toBe(400)
    expect(await ask(pair, null, { method: 'POST', body: '{}' })).toBe(401)
    expect(await pair.publisher.acknowledged(pair.globex.did)).toBeUndefined()
    expect(await post(JSON.stringify({ ack: `${epoch}.1` }))).toBe(204)
    expect(await pair.publisher.acknowledged(pair.globex.did)).toBe(`${epoch}.1`)
  })

  it('is GET or POST', async () => {
    const pair = await createPair()
    const { status, headers } = await pair.world.fetch(`${pair.world.origin}/acme/events`, {
      method: 'DELETE',
    })
    expect(status).toBe(405)
    expect(headers.get('allow')).toBe('GET, POST')
  })
})
