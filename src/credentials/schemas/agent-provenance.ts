/** The JSON Schema of an `AgentProvenanceCredential`. */
export const agentProvenanceSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:comity:schema:AgentProvenanceCredential:1',
  title: 'Who made an agent, who runs it, and who answers for it',
  type: 'object',
  required: ['validFrom', 'validUntil', 'credentialSubject'],
  properties: {
    credentialSubject: {
      type: 'object',
      required: ['id', 'organization', 'accountable', 'model', 'codeDigest'],
      properties: {
        id: { type: 'string', pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$', maxLength: 2048 },
        organization: {
          description: 'The DID of the organization that runs the agent.',
          type: 'string',
          pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$',
          maxLength: 2048,
        },
        accountable: {
          description: 'The DID of the party that answers for what the agent does.',
          type: 'string',
          pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$',
          maxLength: 2048,
        },
        model: {
          type: 'object',
          required: ['family', 'version'],
          additionalProperties: false,
          properties: {
            family: { type: 'string', minLength: 1, maxLength: 256 },
            version: { type: 'string', minLength: 1, maxLength: 256 },
          },
        },
        codeDigest: {
          description: 'SHA-256 of what runs, such as the digest of its container image.',
          type: 'string',
          pattern: '^sha256:[0-9a-f]{64}$',
        },
        build: {
          type: 'object',
          required: ['slsaLevel'],
          additionalProperties: false,
          properties: {
            slsaLevel: { description: 'SLSA build level.', type: 'integer', minimum: 0, maximum: 3 },
            builder: { type: 'string', minLength: 1, maxLength: 2048 },
            attestation: {
              description: 'URL of the in-toto or Sigstore attestation.',
              type: 'string',
              pattern: '^[a-z][a-z0-9+.-]*:[!-~]+$',
              maxLength: 2048,
            },
          },
        },
        sbomDigest: {
          description: 'SHA-256 of the software bill of materials.',
          type: 'string',
          pattern: '^sha256:[0-9a-f]{64}$',
        },
      },
    },
  },
} as const
