/**
 * What Comity does without, and the vectors that are skipped for it. Each rule looks at what a case holds and never at
 * its name; `docs/spec/conformance.md` gives the justification of each, and how many cases it skips.
 *
 * Where the library has a function that could take such a case, the case is skipped only after it was refused.
 */
export const SCOPE_RULES = {
  'unknown-topic': 'no driver knows this topic',
  'unknown-file': 'no driver knows cases of this shape',
  'spiffe-zero-id': 'the empty ID, which only Go has a use for',
  'http-signatures': 'HTTP message signatures (RFC 9421) are not used: requests are bound to keys by DPoP',
  'token-exchange': 'token exchange (RFC 8693) is not used: sessions are opened by the handshake',
  'jwe-other': 'the only JWE is the handshake’s own (dir, A256GCM, a header of its own); this one is refused',
  'jws-json': 'JWS in JSON serialization; refused',
  'key-other': 'a key that is not Ed25519, X25519, P-256 or P-384; refused',
  'did-method-other': 'a DID of a method that Comity does not have; refused',
  'multibase-other': 'a multibase other than base58btc and base64url; refused',
  'multicodec-large': 'a multicodec code above 2^53 - 1, which no table has; refused',
  'json-duplicate-names':
    'an object with two members of one name, which JSON allows and I-JSON does not; refused',
  'json-ld': 'wrong only to a JSON-LD processor',
  cose: 'COSE; refused',
  'vc1-iss-alone': 'a 1.1 credential whose issuer is named by `iss` alone, which the data model 1.1 allows',
  'vc-sd-jwt': 'a VC 2.0 document in an SD-JWT; refused: an SD-JWT VC has its claims at the top',
  'dcql-format': 'a query for a format that Comity does not have; refused',
  'dcql-stricter': 'a query that a demand may not make; refused',
  'rar-text-member': 'a common member that is a text, against RFC 9396 §2.2; refused',
} as const satisfies Readonly<Record<string, string>>

/** The name of a rule, as `docs/spec/conformance.md` lists it. */
export type ScopeRule = keyof typeof SCOPE_RULES
