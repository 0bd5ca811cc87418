import type { JsonObject } from '../../encoding/index.ts'

const did = { type: 'string', pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$', maxLength: 2048 } as const
const type = { type: 'string', pattern: '^[!-)+-~]{1,256}$' } as const
const moment = { type: 'string', format: 'date-time', maxLength: 64 } as const

/** The JSON Schema of a `TrustListCredential`. */
export const trustListSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:comity:schema:TrustListCredential:1',
  title: 'Whom the owner of a list believes what',
  type: 'object',
  required: ['id', 'type', 'validFrom', 'validUntil', 'credentialSubject'],
  not: { required: ['credentialStatus'] },
  properties: {
    id: {
      description: 'The URL that the list is fetched from.',
      type: 'string',
      pattern: '^https://[!-~]+$',
      maxLength: 2048,
    },
    type: { const: ['VerifiableCredential', 'TrustListCredential'] },
    validFrom: moment,
    validUntil: { ...moment, description: 'At most 90 days after validFrom.' },
    credentialSubject: {
      type: 'object',
      required: ['type', 'sequence', 'ttl', 'entries'],
      additionalProperties: false,
      properties: {
        type: { const: 'TrustList' },
        sequence: {
          description: 'Higher in each list than in all before it.',
          type: 'integer',
          minimum: 1,
          maximum: 9_007_199_254_740_991,
        },
        ttl: {
          description: 'Seconds for which the list may be used without asking for the next one.',
          type: 'integer',
          minimum: 0,
          maximum: 86_400,
        },
        entries: {
          type: 'array',
          maxItems: 10_000,
          items: {
            type: 'object',
            required: ['issuer', 'types'],
            additionalProperties: false,
            properties: {
              issuer: { ...did, description: "Not the list's owner, and each once." },
              types: { type: 'array', items: type, minItems: 1, maxItems: 32, uniqueItems: true },
              audiences: {
                description: 'Towards whom it counts; without it, towards everyone.',
                type: 'array',
                items: did,
                minItems: 1,
                maxItems: 64,
                uniqueItems: true,
              },
              validFrom: moment,
              validUntil: moment,
              note: { description: 'For people.', type: 'string', maxLength: 256 },
            },
          },
        },
      },
    },
  },
}
