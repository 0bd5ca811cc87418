/** The JSON Schema of an `AgentScopeCredential`. */
export const agentScopeSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:comity:schema:AgentScopeCredential:1',
  title: 'Within what bounds an agent behaves',
  type: 'object',
  required: ['validFrom', 'validUntil', 'credentialSubject'],
  properties: {
    credentialSubject: {
      type: 'object',
      required: ['id', 'autonomyLevel', 'tools', 'dataClasses', 'oversight', 'jurisdictions'],
      properties: {
        id: { type: 'string', pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$', maxLength: 2048 },
        autonomyLevel: {
          description: '0 only proposes; 5 acts on goals of its own making.',
          type: 'integer',
          minimum: 0,
          maximum: 5,
        },
        tools: {
          description: 'Names of all tools that it can call.',
          type: 'array',
          maxItems: 128,
          items: { type: 'string', minLength: 1, maxLength: 256 },
        },
        dataClasses: {
          description: 'Classes of data that it may handle.',
          type: 'array',
          maxItems: 64,
          items: { type: 'string', minLength: 1, maxLength: 256 },
        },
        oversight: {
          description: 'Whether a person approves each act, watches and can stop it, or neither.',
          enum: ['in-the-loop', 'on-the-loop', 'out-of-the-loop'],
        },
        limits: {
          type: 'object',
          additionalProperties: false,
          properties: {
            requestsPerMinute: { type: 'integer', minimum: 0, maximum: 1000000 },
            amount: {
              description: 'The most that one act may be worth.',
              type: 'object',
              required: ['value', 'currency'],
              additionalProperties: false,
              properties: {
                value: { type: 'number', minimum: 0, maximum: 1000000000000 },
                currency: { description: 'ISO 4217.', type: 'string', pattern: '^[A-Z]{3}$' },
              },
            },
          },
        },
        jurisdictions: {
          description: 'Where it may act: regions as in AgentPostureCredential, such as "eu" or "uk".',
          type: 'array',
          minItems: 1,
          maxItems: 256,
          items: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 64 },
        },
      },
    },
  },
} as const
