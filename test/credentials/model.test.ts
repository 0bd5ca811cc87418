import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import model from '../../fixtures/credentials/model.json' with { type: 'json' }
import {
  credentialModelFaults,
  parseCredential,
  presentationModelFaults,
} from '../../src/credentials/index.ts'
import { isLanguageTag } from '../../src/credentials/language.ts'
import { parseJsonObject } from '../../src/encoding/index.ts'
import { VerificationError } from '../../src/errors/index.ts'
import { codeOf } from '../support/codes.ts'
import { createWorld, signDocument } from './world.ts'

type Kind = 'credential' | 'presentation'

interface Change {
  readonly id: string
  readonly kind: Kind
  readonly spec: string
  readonly set?: object
  readonly remove?: readonly string[]
  /** The members at fault. */
  readonly faults: readonly string[]
}

const { issuer } = await createWorld()
const checks = { credential: credentialModelFaults, presentation: presentationModelFaults }
const bases = { credential: model.credential, presentation: model.presentation }

/** The members that the model finds fault with, each error being what it should be. */
function faultsOf(kind: Kind, document: object): readonly string[] {
  return checks[kind](parseJsonObject(JSON.stringify(document))).map((fault) => {
    expect(fault).toBeInstanceOf(VerificationError)
    expect(fault.code).toBe(`COMITY_${kind.toUpperCase()}_MALFORMED`)
    return String(fault.details['member'])
  })
}

describe('the data model', () => {
  it.each(model.cases as readonly Change[])('$kind $id ($spec)', async ({ kind, set, remove, faults }) => {
    const entries = Object.entries({ ...bases[kind], ...set }).filter(
      ([name]) => remove?.includes(name) !== true,
    )
    const document = Object.fromEntries(entries)
    expect(faultsOf(kind, document)).toEqual(faults)
    if (kind === 'presentation') return

    // What breaks the model is refused in an envelope, too.
    const token = await signDocument(issuer.signer, document)
    if (faults.length > 0) expect(codeOf(() => parseCredential(token))).toBe('COMITY_CREDENTIAL_MALFORMED')
  })

  it('lists everything that is wrong', () => {
    expect(faultsOf('credential', {})).toEqual(['@context', 'type', 'issuer', 'credentialSubject'])
    expect(faultsOf('presentation', {})).toEqual(['@context', 'type'])
  })

  it('is stricter about what is in an envelope: one subject, no embedded proof', async () => {
    for (const more of [
      { credentialSubject: [{ id: 'urn:a' }] },
      { proof: { type: 'DataIntegrityProof' } },
    ]) {
      const document = { ...model.credential, ...more }
      expect(faultsOf('credential', document)).toEqual([])
      const token = await signDocument(issuer.signer, document)
      expect(codeOf(() => parseCredential(token))).toBe('COMITY_CREDENTIAL_MALFORMED')
    }
  })

  it('answers any document, and says the same each time', () => {
    const members = [
      ...Object.keys(model.credential),
      'holder',
      'verifiableCredential',
      'relatedResource',
      'proof',
    ]
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('urn:a:b', {}, [], { type: 'X' }, { id: 'urn:a', digestSRI: '' }, [{ id: 'urn:a' }]),
    )
    const change = fc.array(fc.tuple(fc.constantFrom(...members), value), { maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom<Kind>('credential', 'presentation'), change, (kind, changes) => {
        const document = { ...bases[kind], ...Object.fromEntries(changes) }
        expect(faultsOf(kind, document)).toEqual(faultsOf(kind, document))
      }),
    )
  })
})

describe('isLanguageTag', () => {
  it.each([
    'en',
    'zh-Hant-TW',
    'de-CH-1996',
    'sl-rozaj-biske',
    'es-419',
    'x-private',
    'en-a-myext-b-another',
  ])('knows %s', (tag) => {
    expect(isLanguageTag(tag)).toBe(true)
    expect(isLanguageTag(tag.toUpperCase())).toBe(true)
  })

  it.each([
    '',
    'e',
    'en_US',
    'en-',
    '-en',
    'en US',
    'en-x',
    'a-DE',
    'de-419-DE',
    'ar-a',
    'en\n',
    'é',
    'en-a-bb-a-cc',
    'en-DE-x',
    'en-Latn-Latn',
    'en'.padEnd(200, '-ab'),
  ])('does not know %j', (tag) => {
    expect(isLanguageTag(tag)).toBe(false)
  })
})
