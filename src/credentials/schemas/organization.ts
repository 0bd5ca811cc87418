/** The JSON Schema of an `OrganizationCredential`. */
export const organizationSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:comity:schema:OrganizationCredential:1',
  title: 'Who an organization is, which agents it answers for, and for what',
  type: 'object',
  required: ['validFrom', 'validUntil', 'credentialSubject'],
  properties: {
    credentialSubject: {
      type: 'object',
      required: ['id', 'legalName', 'jurisdiction', 'contact', 'liability', 'agents'],
      properties: {
        id: { type: 'string', pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$', maxLength: 2048 },
        legalName: {
          description: 'As its register has it.',
          type: 'string',
          minLength: 1,
          maxLength: 256,
        },
        jurisdiction: {
          description:
            'Whose law it is established under: a region as in AgentPostureCredential, such as "de".',
          type: 'string',
          pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
          maxLength: 64,
        },
        registration: {
          description:
            'Its entry in a register, such as the commercial register or that of LEIs (ISO 17442).',
          type: 'object',
          required: ['register', 'number'],
          additionalProperties: false,
          properties: {
            register: { type: 'string', minLength: 1, maxLength: 256 },
            number: { type: 'string', minLength: 1, maxLength: 128 },
          },
        },
        contact: {
          description: 'Whom to turn to when one of its agents does damage. At least one way.',
          type: 'object',
          minProperties: 1,
          additionalProperties: false,
          properties: {
            email: { type: 'string', pattern: '^[!-?A-~]+@[A-Za-z0-9.-]+$', maxLength: 254 },
            phone: { description: 'E.164.', type: 'string', pattern: '^\\+[1-9][0-9]{1,14}$' },
            url: { type: 'string', pattern: '^https://[!-~]+$', maxLength: 2048 },
          },
        },
        liability: {
          description: 'What it accepts liability for. What is not here it does not accept.',
          type: 'object',
          required: ['accepts'],
          additionalProperties: false,
          properties: {
            accepts: {
              description:
                'Kinds of damage, such as "contract", "data-protection", "property"; empty for none.',
              type: 'array',
              maxItems: 32,
              items: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 64 },
            },
            limit: {
              description: 'The most for one event; without it, no limit is stated.',
              type: 'object',
              required: ['value', 'currency'],
              additionalProperties: false,
              properties: {
                value: { type: 'number', minimum: 0, maximum: 1000000000000 },
                currency: { description: 'ISO 4217.', type: 'string', pattern: '^[A-Z]{3}$' },
              },
            },
            terms: {
              description: 'Where the terms stand in full.',
              type: 'string',
              pattern: '^https://[!-~]+$',
              maxLength: 2048,
            },
          },
        },
        agents: {
          description: 'For which agents it answers. At least one way of naming them.',
          type: 'object',
          minProperties: 1,
          additionalProperties: false,
          properties: {
            dids: {
              description: 'These, compared as exact texts.',
              type: 'array',
              minItems: 1,
              maxItems: 256,
              items: { type: 'string', pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$', maxLength: 2048 },
            },
            under: {
              description:
                'All whose DID is one of these, a colon, and more: did:web:a.example has those on its host.',
              type: 'array',
              minItems: 1,
              maxItems: 32,
              items: {
                type: 'string',
                pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._%-]$',
                maxLength: 2048,
              },
            },
          },
        },
      },
    },
  },
} as const
