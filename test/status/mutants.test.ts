import { describe, expect, it } from 'vitest'
import type { StatusReference } from '../../src/credentials/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { signJws } from '../../src/keys/index.ts'
import { createStatusReader, decodeTokenStatusList, type StatusReader } from '../../src/status/index.ts'
import { NOW } from '../credentials/world.ts'
import { byteMutants, decode, memberMutants, tokenMutants, type Mutant } from './mutants.ts'
import { createStatusWorld, type StatusWorld } from './world.ts'

const COUNT = 10_000

interface Subject {
  readonly world: StatusWorld
  readonly reader: StatusReader
  /** A place of the list, which says that the credential was revoked. */
  readonly reference: StatusReference
  readonly url: string
  readonly token: string
}

/** A published list in which a credential is revoked, and a reader that keeps nothing. */
async function publishedList(format: 'Bitstring' | 'Token'): Promise<Subject> {
  const world = await createStatusWorld()
  const { publisher, web, resolver, clock } = world
  const reference =
    format === 'Token' ? await publisher.allocateToken() : (await world.allocate('revocation'))[0]
  await publisher.set(reference, true, 'revocation')
  const url = reference.type === 'TokenStatusList' ? reference.uri : reference.statusListCredential
  const token = (await publisher.credential(url)) ?? ''
  const reader = createStatusReader({ fetch: web.fetch, resolver, clock, maxCacheSeconds: 0 })
  return { world, reader, reference, url, token }
}

/** What is read of each mutant; a status where it was taken for a list, a code where it was refused. */
async function readAll(
  { world, reader, reference, url }: Subject,
  mutants: Iterable<Mutant>,
): Promise<Map<string, number | string>> {
  const results = new Map<string, number | string>()
  for (const { what, token } of mutants) {
    world.web.pages.set(url, token)
    results.set(
      what,
      await reader.read(reference, { issuer: world.issuer.did, now: NOW }).catch((error: unknown) => {
        if (error instanceof ComityError) return error.code
        throw new Error(`not a ComityError: ${what}`, { cause: error })
      }),
    )
  }
  return results
}

const accepted = (results: Map<string, number | string>): string[] =>
  [...results].filter(([, result]) => typeof result === 'number').map(([what]) => what)

describe.each(['Bitstring', 'Token'] as const)('a published %s list', (format) => {
  it('is read, and says that the credential was revoked', async () => {
    const subject = await publishedList(format)
    const results = await readAll(subject, [{ what: 'as it is', token: subject.token }])
    expect([...results.values()]).toEqual([1])
  })

  it('is refused with any character changed, ten thousand times', { timeout: 120_000 }, async () => {
    const subject = await publishedList(format)
    const results = await readAll(subject, byteMutants(subject.token, COUNT))
    expect(results.size).toBe(COUNT)
    expect(accepted(results)).toEqual([])
  })

  it('is refused with any member changed', async () => {
    const subject = await publishedList(format)
    const results = await readAll(subject, tokenMutants(subject.token))
    expect(results.size).toBeGreaterThan(200)
    expect(accepted(results)).toEqual([])
  })

  it('never says that it is good, when the issuer itself signs it with any member changed', async () => {
    const subject = await publishedList(format)
    const { signer } = subject.world.issuer
    const [header = '', payload = ''] = subject.token.split('.')
    const typ = String(decode(header)['typ'])
    const mutants: Mutant[] = []
    for (const { what, value } of memberMutants(decode(payload))) {
      // The width is for the list to say: with half of it, other credentials are meant.
      if (what === 'status_list.bits as 1') continue
      mutants.push({ what, token: await signJws({ header: { typ }, payload: value, signer }) })
    }
    const results = await readAll(subject, mutants)
    expect([...results].filter(([, result]) => result === 0)).toEqual([])
    // Some changes are none, such as another ttl; what is taken for a list then says what it said.
    expect(new Set([...results.values()].filter((result) => typeof result === 'number'))).toEqual(
      new Set([1]),
    )
  })
})

describe('the positive control', () => {
  it('of the mutants: a reader that does not check the signature takes some', async () => {
    const { token, reference } = await publishedList('Token')
    const careless = async (text: string): Promise<number> => {
      const claims: JsonObject = decode(text.split('.')[1] ?? '')
      const list = await decodeTokenStatusList(claims['status_list'])
      return list.get(reference.type === 'TokenStatusList' ? reference.idx : -1)
    }
    let taken = 0
    let failedOtherwise = 0
    for (const mutant of [...byteMutants(token, 2000), ...tokenMutants(token)]) {
      try {
        await careless(mutant.token)
        taken++
      } catch (error) {
        if (!(error instanceof ComityError)) failedOtherwise++
      }
    }
    expect(taken).toBeGreaterThan(100)
    expect(failedOtherwise).toBeGreaterThan(0)
  })
})
