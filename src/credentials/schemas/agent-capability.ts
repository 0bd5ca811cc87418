/** The JSON Schema of an `AgentCapabilityCredential`. */
export const agentCapabilitySchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:comity:schema:AgentCapabilityCredential:1',
  title: 'What an agent may be asked to do',
  type: 'object',
  required: ['validFrom', 'validUntil', 'credentialSubject'],
  properties: {
    credentialSubject: {
      type: 'object',
      required: ['id', 'authorizationDetails'],
      properties: {
        id: { type: 'string', pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$', maxLength: 2048 },
        authorizationDetails: {
          description: 'RFC 9396 §2. Members beside these are the business of the type.',
          type: 'array',
          minItems: 1,
          maxItems: 32,
          items: {
            type: 'object',
            required: ['type'],
            properties: {
              type: { type: 'string', minLength: 1, maxLength: 256 },
              actions: {
                type: 'array',
                minItems: 1,
                maxItems: 64,
                items: { type: 'string', minLength: 1, maxLength: 256 },
              },
              locations: {
                type: 'array',
                minItems: 1,
                maxItems: 64,
                items: { type: 'string', minLength: 1, maxLength: 2048 },
              },
              datatypes: {
                type: 'array',
                minItems: 1,
                maxItems: 64,
                items: { type: 'string', minLength: 1, maxLength: 256 },
              },
              identifier: { type: 'string', minLength: 1, maxLength: 2048 },
              privileges: {
                type: 'array',
                minItems: 1,
                maxItems: 64,
                items: { type: 'string', minLength: 1, maxLength: 256 },
              },
            },
          },
        },
      },
    },
  },
} as const
