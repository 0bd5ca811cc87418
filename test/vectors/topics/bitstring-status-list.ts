import { parseDateTimeStamp, parseStatusEntry, type AnyStatusEntry } from '../../../src/credentials/index.ts'
import { createDidDocument, parseDidDocument, type DidResolver } from '../../../src/did/index.ts'
import { isJsonObject, type JsonObject } from '../../../src/encoding/index.ts'
import { VerificationError } from '../../../src/errors/index.ts'
import { generateSigner, withKid } from '../../../src/keys/index.ts'
import { createStatusReader } from '../../../src/status/index.ts'
import { createWeb, signDocument } from '../../credentials/world.ts'
import { difference, judgeCall, type Driver, type VectorCase, type Verdict } from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** Looking up a status in a Bitstring list. */
export const bitstringStatusList: Driver = byShape({
  check: { has: ['entry', 'listCredential', 'now'], judge: judgeCheck },
})

/** The lists of the cases are not signed: they are signed here, by whom they name, and served where the entry says. */
async function judgeCheck(entry: VectorCase): Promise<Verdict> {
  const listCredential = entry['listCredential'] as JsonObject
  const issuer = issuerOf(listCredential)
  const key = withKid(await generateSigner({ alg: 'Ed25519' }), `${issuer}#key-1`)
  const document = createDidDocument({
    did: issuer,
    keys: [{ fragment: '#key-1', jwk: key.publicJwk, relationships: ['assertionMethod'] }],
  })
  const resolver = {
    resolveDocument: async () => parseDidDocument(document, issuer),
  } as unknown as DidResolver
  const token = await signDocument(key, listCredential)
  return judgeCall(
    entry,
    async () => {
      const parsed = parsedEntry(entry['entry'])
      const web = createWeb()
      web.pages.set(parsed.statusListCredential, token)
      const reader = createStatusReader({ fetch: web.fetch, resolver })
      return reader.read(parsed, { issuer, now: parseDateTimeStamp(String(entry['now'])) ?? NaN })
    },
    (status) => {
      const { status: expected, valid = expected === 0 } = entry.expected
      return difference('the status', status, expected) ?? difference('what it means', status === 0, valid)
    },
  )
}

function parsedEntry(value: unknown): AnyStatusEntry {
  const parsed = parseStatusEntry(value)
  // What a credential with such an entry is refused with.
  if (parsed === undefined)
    throw new VerificationError('COMITY_STATUS_LIST_INVALID', 'the entry is malformed')
  return parsed
}

function issuerOf({ issuer }: JsonObject): string {
  const name = isJsonObject(issuer) ? issuer['id'] : issuer
  return typeof name === 'string' && name.startsWith('did:') ? name : 'did:example:issuer'
}
