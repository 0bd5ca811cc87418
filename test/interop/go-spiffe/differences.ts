/** A point in which go-spiffe and this library are known to differ, by what such a case has. */
export interface KnownDifference {
  /** As in docs/spec/spiffe-agreement.md. */
  readonly name: string
  /** The features of which one makes the difference. */
  readonly features: readonly string[]
  /** Who accepts it; the other one refuses. */
  readonly accepts: 'go-spiffe' | 'comity'
  /** How it is refused: by one of these codes here, by words that go-spiffe's error has. */
  readonly refusal: readonly string[]
}

/** All of them. What is not here, and differs, is a fault of one of the two. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'header-parameters',
    features: [
      'crit header empty',
      'b64 header',
      'zip header',
      'jku header',
      'jwk header',
      'x5u header',
      'x5c header',
    ],
    accepts: 'go-spiffe',
    refusal: ['COMITY_JWS_MALFORMED'],
  },
  {
    name: 'base64url-canonical',
    features: ['newline after', 'newline within', 'spare bits set', 'a character changed'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_JWS_MALFORMED'],
  },
  {
    name: 'json-strict',
    features: ['payload not UTF-8', 'payload nested deep'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_JWS_MALFORMED'],
  },
  { name: 'token-size', features: ['too large'], accepts: 'go-spiffe', refusal: ['COMITY_JWS_TOO_LARGE'] },
  {
    name: 'id-length',
    features: ['sub too long', 'trust domain too long'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_SPIFFE_ID_INVALID'],
  },
  {
    name: 'audience-form',
    features: ['aud with an empty text', 'aud too many'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_JWT_CLAIM_INVALID'],
  },
  {
    name: 'exp-range',
    features: ['exp after the year 9999'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_JWT_CLAIM_INVALID'],
  },
  {
    name: 'iat-future',
    features: ['iat ahead'],
    accepts: 'comity',
    refusal: ['token issued in the future'],
  },
  {
    name: 'pss-salt',
    features: ['salt of another length'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_SIGNATURE_INVALID'],
  },
  {
    name: 'bundle-unknown-kty',
    features: ['bundle with a key of unknown kind'],
    accepts: 'comity',
    refusal: ['unsupported key type'],
  },
  {
    name: 'bundle-kid-twice',
    features: ['bundle with a kid twice'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_BUNDLE_MALFORMED'],
  },
  {
    name: 'bundle-x5c-count',
    features: ['bundle entry with two certificates'],
    accepts: 'comity',
    refusal: ['expected a single certificate'],
  },
  {
    name: 'leaf-path',
    features: ['ID without path'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_SPIFFE_ID_INVALID'],
  },
  {
    name: 'leaf-key-usage',
    features: ['leaf must not sign', 'no key usage', 'key usage not critical'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_X509_SVID_KEY_USAGE'],
  },
  {
    name: 'intermediate-key-usage',
    features: ['issuer without key usage'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_CERTIFICATE_CONSTRAINT'],
  },
  {
    name: 'issuer-id',
    features: ['ID of the issuer with a path', 'ID of the issuer malformed'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_CERTIFICATE_CONSTRAINT'],
  },
  {
    name: 'critical-policies',
    features: ['critical policies'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_CERTIFICATE_EXTENSION'],
  },
  {
    name: 'chain-length',
    features: ['eleven certificates'],
    accepts: 'go-spiffe',
    refusal: ['COMITY_CERTIFICATE_MALFORMED'],
  },
  {
    name: 'negative-serial',
    features: ['serial number negative'],
    accepts: 'comity',
    refusal: ['negative serial number'],
  },
]
