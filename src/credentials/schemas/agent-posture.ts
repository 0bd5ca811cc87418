/** The JSON Schema of an `AgentPostureCredential`. */
export const agentPostureSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:comity:schema:AgentPostureCredential:1',
  title: 'How secure an agent was at a moment',
  type: 'object',
  required: ['validFrom', 'validUntil', 'credentialSubject'],
  properties: {
    credentialSubject: {
      type: 'object',
      required: [
        'id',
        'assessedAt',
        'attestation',
        'patchAgeDays',
        'openCriticalVulnerabilities',
        'sandbox',
        'egressControl',
        'region',
      ],
      properties: {
        id: { type: 'string', pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$', maxLength: 2048 },
        assessedAt: {
          description: 'When all of this was looked at: RFC 3339, seconds 00 to 59.',
          type: 'string',
          format: 'date-time',
          pattern:
            '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$',
        },
        attestation: {
          type: 'object',
          required: ['method'],
          additionalProperties: false,
          properties: {
            method: {
              description: 'What vouches for the workload: SPIRE, a trusted execution environment, a TPM.',
              enum: ['none', 'spire', 'tee', 'tpm'],
            },
            selectors: {
              description: 'What the workload was recognized by, such as SPIRE selectors.',
              type: 'array',
              minItems: 1,
              maxItems: 32,
              items: { type: 'string', minLength: 1, maxLength: 512 },
            },
          },
        },
        patchAgeDays: { type: 'integer', minimum: 0, maximum: 36500 },
        openCriticalVulnerabilities: { type: 'integer', minimum: 0, maximum: 1000000 },
        sandbox: {
          description: 'What contains the code that the agent runs.',
          enum: ['none', 'process', 'container', 'vm', 'wasm'],
        },
        egressControl: {
          description: 'Where it can connect to: anywhere, to a list, nowhere.',
          enum: ['none', 'allow-list', 'deny-all'],
        },
        region: {
          description: 'Where it runs, in lower case, such as "eu" or "eu-west-1".',
          type: 'string',
          pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
          maxLength: 64,
        },
        evaluations: {
          type: 'array',
          maxItems: 32,
          items: {
            type: 'object',
            required: ['name', 'passed', 'date'],
            additionalProperties: false,
            properties: {
              name: { type: 'string', minLength: 1, maxLength: 256 },
              passed: { type: 'boolean' },
              date: { description: 'RFC 3339 full-date.', type: 'string', format: 'date' },
            },
          },
        },
      },
    },
  },
} as const
