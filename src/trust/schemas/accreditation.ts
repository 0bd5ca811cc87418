import type { JsonObject } from '../../encoding/index.ts'

const did = { type: 'string', pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$', maxLength: 2048 } as const
const moment = { type: 'string', format: 'date-time', maxLength: 64 } as const

/** The JSON Schema of an `AccreditationCredential`. */
export const accreditationSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:comity:schema:AccreditationCredential:1',
  title: 'What a body accredits an issuer for',
  type: 'object',
  required: ['type', 'validFrom', 'validUntil', 'credentialSubject'],
  properties: {
    type: { const: ['VerifiableCredential', 'AccreditationCredential'] },
    validFrom: moment,
    validUntil: { ...moment, description: 'At most 366 days after validFrom.' },
    credentialSubject: {
      type: 'object',
      required: ['id', 'accreditedFor', 'mayAccredit'],
      additionalProperties: false,
      properties: {
        id: { ...did, description: 'The issuer that is accredited; not the one who accredits it.' },
        accreditedFor: {
          description: 'Types of credentials.',
          type: 'array',
          items: { type: 'string', pattern: '^[!-)+-~]{1,256}$' },
          minItems: 1,
          maxItems: 32,
          uniqueItems: true,
        },
        audiences: {
          description: 'Towards whom it counts; without it, towards everyone.',
          type: 'array',
          items: did,
          minItems: 1,
          maxItems: 64,
          uniqueItems: true,
        },
        mayAccredit: {
          description: 'Whether the issuer may accredit others in its turn, for these types and no more.',
          type: 'boolean',
        },
        depth: {
          description: 'With mayAccredit: how many accreditations may follow below this one.',
          type: 'integer',
          minimum: 1,
          maximum: 2,
        },
      },
      if: { properties: { mayAccredit: { const: true } } },
      then: { required: ['depth'] },
      else: { not: { required: ['depth'] } },
    },
  },
}
