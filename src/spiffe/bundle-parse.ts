import {
  decodeUtf8,
  isJsonObject,
  parseJsonObject,
  type JsonObject,
  type JsonValue,
} from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { bundleMalformed, createTrustBundle, MAX_AUTHORITIES, type TrustBundle } from './bundle.ts'
import { parseCertificate, type Certificate } from './certificate.ts'
import { MAX_CERTIFICATE_BYTES, splitSequences } from './der.ts'
import { placeOf, readExactIntegers } from './exact-integer.ts'
import { readAuthorityKey, readKid, type JwtAuthority } from './jwt-authority.ts'
import { decodeBase64, parsePem } from './pem.ts'
import { parseTrustDomain, type TrustDomain } from './spiffe-id.ts'

/** The most bytes of a bundle document, and of a map of bundles. */
export const MAX_BUNDLE_BYTES: number = 4 * 1024 * 1024
const MAX_DEPTH = 16
const MAX_KEYS = 4 * MAX_AUTHORITIES
const MAX_TRUST_DOMAINS = 16_384
const SEQUENCE = 'spiffe_sequence'
const SVID_USES = ['x509-svid', 'jwt-svid', 'wit-svid'] as const

/**
 * Reads a SPIFFE bundle: a JWK Set with the authorities of a trust domain.
 *
 * Keys with an unknown `use` or `kty`, without either, and X.509 keys without `x5c` are passed over. Of several `x5c`
 * values the first counts.
 *
 * @param trustDomain - Whose bundle it is. The document does not say.
 * @param document - JSON, at most 4 MiB.
 * @throws {VerificationError} `COMITY_BUNDLE_MALFORMED` when it is no JSON object, `keys` is no list, a key for JWTs
 *   has no `kid` or shares it with another, a number is none, or there are too many; `COMITY_CERTIFICATE_MALFORMED`.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md#4-spiffe-bundle-format | SPIFFE Bundle §4}
 */
export function parseTrustBundle(trustDomain: TrustDomain, document: string | Uint8Array): TrustBundle {
  const text = textOf(document)
  return readBundle(trustDomain, parseObject(text), sequencesOf(text), [])
}

/**
 * Reads a map of bundles.
 *
 * @param document - JSON, at most 4 MiB and 16 384 trust domains.
 * @returns Each bundle, in the document's order, without a refresh hint: one inside says nothing of how often to ask for
 *   the map, and nobody can act on what is not there. It must be a number of seconds all the same.
 * @throws {VerificationError} As {@link parseTrustBundle}, and `COMITY_SPIFFE_ID_INVALID` when a name is none of a trust
 *   domain. A name that is there twice makes the document malformed.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md#5-spiffe-bundle-map-format | SPIFFE Bundle §5}
 */
export function parseTrustBundleMap(document: string | Uint8Array): readonly TrustBundle[] {
  const text = textOf(document)
  const { trust_domains: domains } = parseObject(text)
  if (!isJsonObject(domains)) throw bundleMalformed('`trust_domains` is no object', '5.1.1')
  const entries = Object.entries(domains)
  if (entries.length > MAX_TRUST_DOMAINS) throw bundleMalformed('it has too many trust domains', '5.1.1')
  const sequences = sequencesOf(text)
  return entries.map(([name, bundle]) => {
    if (!isJsonObject(bundle)) throw bundleMalformed('a bundle is no object', '5.1.1')
    // A bare name: `spiffe://…` names the same domain by a second spelling.
    const trustDomain = parseTrustDomain(name.includes(':') ? '' : name)
    return withoutHint(readBundle(trustDomain, bundle, sequences, ['trust_domains', name]))
  })
}

/**
 * Reads the JWK Set that the Workload API gives for a trust domain's JWT-SVIDs. Its keys have no `use`.
 *
 * @throws {VerificationError} As {@link parseTrustBundle}.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md#622-jwt-bundles | Workload API §6.2.2}
 */
export function parseJwtBundle(trustDomain: TrustDomain, document: string | Uint8Array): TrustBundle {
  return createTrustBundle({ trustDomain, jwtAuthorities: readJwks(document, 'jwt-svid') })
}

/** As {@link parseJwtBundle}, for WIT-SVIDs. */
export function parseWitBundle(trustDomain: TrustDomain, document: string | Uint8Array): TrustBundle {
  return createTrustBundle({ trustDomain, witAuthorities: readJwks(document, 'wit-svid') })
}

/**
 * Reads X.509 authorities as the Workload API gives them: DER, one after the other.
 *
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`, `COMITY_BUNDLE_MALFORMED`.
 */
export function parseX509Bundle(trustDomain: TrustDomain, der: Uint8Array): TrustBundle {
  if (der.length > MAX_BUNDLE_BYTES) throw bundleMalformed('it is too large', '4')
  const x509Authorities = splitSequences(der, MAX_AUTHORITIES).map(parseCertificate)
  return createTrustBundle({ trustDomain, x509Authorities })
}

/**
 * Reads X.509 authorities out of a PEM file.
 *
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`; `COMITY_BUNDLE_MALFORMED` when there is no certificate, or
 *   something else.
 */
export function parsePemBundle(trustDomain: TrustDomain, pem: string): TrustBundle {
  const blocks = parsePem(pem)
  if (blocks.length === 0) throw bundleMalformed('there is no certificate', '4')
  if (blocks.some(({ label }) => label !== 'CERTIFICATE'))
    throw bundleMalformed('there is no certificate', '4')
  return createTrustBundle({
    trustDomain,
    x509Authorities: blocks.map(({ bytes }) => parseCertificate(bytes)),
  })
}

function readBundle(
  trustDomain: TrustDomain,
  document: JsonObject,
  sequences: ReadonlyMap<string, bigint>,
  path: readonly string[],
): TrustBundle {
  const { spiffe_sequence: sequence, spiffe_refresh_hint: refreshHint } = document
  const keys = keysOf(document)
  if (refreshHint !== undefined && typeof refreshHint !== 'number') {
    throw bundleMalformed('the refresh hint is no number of seconds', '4.1.2')
  }
  const exact = sequence === undefined ? undefined : sequences.get(placeOf([...path, SEQUENCE]))
  if (sequence !== undefined && exact === undefined)
    throw bundleMalformed('the sequence is no integer', '4.1.1')
  const ofUse = (use: string): readonly JsonObject[] => keys.filter((key) => key['use'] === use)
  return createTrustBundle({
    trustDomain,
    x509Authorities: ofUse('x509-svid').flatMap(certificateOf),
    jwtAuthorities: ofUse('jwt-svid').flatMap(authorityOf),
    witAuthorities: ofUse('wit-svid').flatMap(authorityOf),
    ...(exact !== undefined && { sequence: exact }),
    ...(refreshHint !== undefined && { refreshHint }),
  })
}

function withoutHint(bundle: TrustBundle): TrustBundle {
  const { refreshHint, jwtAuthorities, witAuthorities, ...rest } = bundle
  if (refreshHint === undefined) return bundle
  return createTrustBundle({
    ...rest,
    jwtAuthorities: [...jwtAuthorities.values()],
    witAuthorities: [...witAuthorities.values()],
  })
}

function sequencesOf(text: string): ReadonlyMap<string, bigint> {
  return readExactIntegers(text, SEQUENCE)
}

function readJwks(document: string | Uint8Array, use: string): readonly JwtAuthority[] {
  const keys = keysOf(parseObject(textOf(document)))
  // Only a use of the other kinds of SVID speaks against a key: SPIRE leaves it out, others write `sig`.
  const foreign = SVID_USES.filter((other) => other !== use)
  return keys.filter((key) => !foreign.some((other) => other === key['use'])).flatMap(authorityOf)
}

function keysOf({ keys }: JsonObject): readonly JsonObject[] {
  if (!Array.isArray(keys)) throw bundleMalformed('`keys` is no list', '4.1.3')
  if (keys.length > MAX_KEYS) throw bundleMalformed('it has too many keys', '4.1.3')
  const list: readonly JsonValue[] = keys
  return list.map((key) => {
    if (!isJsonObject(key)) throw bundleMalformed('a key is no object', '4.2')
    return key
  })
}

function certificateOf(key: JsonObject): readonly Certificate[] {
  const { kty, x5c } = key
  const first: unknown = Array.isArray(x5c) ? x5c[0] : undefined
  if (first === undefined || (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP')) return []
  if (typeof first !== 'string') throw bundleMalformed('an `x5c` is no text', '4.2')
  return [parseCertificate(decodeBase64(first, MAX_CERTIFICATE_BYTES))]
}

function authorityOf(key: JsonObject): readonly JwtAuthority[] {
  if (key['kty'] === undefined) return []
  const kid = readKid(key)
  if (kid === undefined) throw bundleMalformed('a key for tokens has no `kid`', '4.2')
  const authority = readAuthorityKey(key)
  return authority === undefined ? [] : [Object.freeze({ kid, ...authority })]
}

function textOf(document: string | Uint8Array): string {
  if (document.length > MAX_BUNDLE_BYTES) throw bundleMalformed('it is too large', '4')
  try {
    return typeof document === 'string' ? document : decodeUtf8(document)
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause
    throw bundleMalformed('it is no UTF-8', '4', cause)
  }
}

function parseObject(text: string): JsonObject {
  try {
    return parseJsonObject(text, { maxBytes: MAX_BUNDLE_BYTES, maxDepth: MAX_DEPTH })
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause
    throw bundleMalformed('it is no JSON object', '4', cause)
  }
}
