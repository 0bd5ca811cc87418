/** The JSON Schema of a `TrustDomainCredential`. */
export const trustDomainSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:comity:schema:TrustDomainCredential:1',
  title: 'Which SPIFFE trust domain an organization controls',
  type: 'object',
  required: ['validFrom', 'validUntil', 'credentialSubject'],
  properties: {
    credentialSubject: {
      type: 'object',
      required: ['id', 'trustDomain', 'bundleEndpoint', 'profile'],
      properties: {
        id: { type: 'string', pattern: '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$', maxLength: 2048 },
        trustDomain: {
          description: 'The name of the trust domain, without spiffe:// in front. SPIFFE-ID §2.1.',
          type: 'string',
          pattern: '^[a-z0-9._-]{1,255}$',
        },
        bundleEndpoint: {
          description: 'Where its trust bundle is served. SPIFFE Federation §5.',
          type: 'string',
          pattern: '^https://[!-~]+$',
          maxLength: 2048,
        },
        profile: {
          description: 'How the endpoint is authenticated. SPIFFE Federation §5.2.',
          enum: ['https_web', 'https_spiffe'],
        },
        endpointSpiffeId: {
          description: 'Whom the endpoint authenticates as, with the profile https_spiffe.',
          type: 'string',
          pattern: '^spiffe://[a-z0-9._-]{1,255}(/[A-Za-z0-9._-]+)*$',
          maxLength: 2048,
        },
        firstBundle: {
          description:
            'A bundle to begin with: https_spiffe alone cannot start, as the bundle authenticates it.',
          type: 'object',
          required: ['url', 'digest'],
          additionalProperties: false,
          properties: {
            url: { type: 'string', pattern: '^https://[!-~]+$', maxLength: 2048 },
            digest: {
              description: 'SHA-256 of the bundle as it is served.',
              type: 'string',
              pattern: '^sha256:[0-9a-f]{64}$',
            },
          },
        },
      },
      if: { required: ['profile'], properties: { profile: { enum: ['https_spiffe'] } } },
      then: { required: ['endpointSpiffeId', 'firstBundle'] },
    },
  },
} as const
