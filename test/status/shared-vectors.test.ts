import { describe, expect, it } from 'vitest'
import { parseDateTimeStamp, parseStatusEntry } from '../../src/credentials/index.ts'
import { createDidDocument, parseDidDocument, type DidResolver } from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner, withKid } from '../../src/keys/index.ts'
import { createStatusReader } from '../../src/status/index.ts'
import { loadVectors, type VectorCase } from '../support/vectors.ts'
import { createWeb, signDocument } from '../credentials/world.ts'

interface CheckCase extends VectorCase {
  readonly entry: JsonObject
  readonly listCredential: JsonObject
  readonly now: string
}

const ISSUER = 'did:example:12345'
const signer = withKid(await generateSigner({ alg: 'Ed25519' }), `${ISSUER}#key-1`)

/** The vectors' issuer is of a method that nobody resolves; its document is made here. */
const resolver = {
  resolveDocument: async () =>
    parseDidDocument(
      createDidDocument({
        did: ISSUER,
        keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['assertionMethod'] }],
      }),
      ISSUER,
    ),
} as unknown as DidResolver

/** The status of an entry where its list is served, signed by its issuer; undefined where it is refused. */
async function statusOf({ entry, listCredential, now }: CheckCase): Promise<number | undefined> {
  const web = createWeb()
  const parsed = parseStatusEntry(entry)
  if (parsed === undefined) return undefined
  // A list that claims another id is served where the entry says all the same.
  web.pages.set(parsed.statusListCredential, await signDocument(signer, listCredential))
  const reader = createStatusReader({ fetch: web.fetch, resolver })
  try {
    return await reader.read(parsed, { issuer: ISSUER, now: parseDateTimeStamp(now) ?? NaN })
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    expect(error.code).toBe('COMITY_STATUS_LIST_INVALID')
    return undefined
  }
}

describe('Bitstring Status List 1.0', () => {
  const cases = loadVectors<CheckCase>('bitstring-status-list', 'check')
  it.skipIf(cases !== undefined)('the shared vectors are not beside this checkout', () => undefined)

  it.each((cases ?? []).filter(({ expected }) => expected.result !== 'either'))('$id', async (entry) => {
    const expected = entry.expected.result === 'valid' ? entry.expected['status'] : undefined
    expect(await statusOf(entry)).toBe(expected)
  })

  it.each((cases ?? []).filter(({ expected }) => expected.result === 'either'))(
    '$id, which may go either way, never reads as good where it is refused',
    async (entry) => {
      expect([undefined, entry.expected['status']]).toContain(await statusOf(entry))
    },
  )
})
