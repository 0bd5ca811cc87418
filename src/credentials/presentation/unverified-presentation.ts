import { isJsonObject, type JsonObject } from '../../encoding/index.ts'
import { VerificationError } from '../../errors/index.ts'
import { parseJws, type UnverifiedJws } from '../../keys/index.ts'
import { ruleFaults } from '../model-faults.ts'
import { MAX_PRESENTED, PRESENTATION_RULES, isEnvelopedCredential } from '../presentation-rules.ts'
import { asList, stringList } from '../shape.ts'
import {
  MAX_CREDENTIAL_LENGTH,
  parseCredential,
  type UnverifiedCredential,
} from '../unverified-credential.ts'

/** The longest presentation that is read, in characters: room for five of the longest credentials. */
export const MAX_PRESENTATION_LENGTH: number = 8 * MAX_CREDENTIAL_LENGTH

/** What an envelope of a `vc+jwt` begins with. */
export const ENVELOPE_PREFIX = 'data:application/vc+jwt,'

/** Envelopes that VC-JOSE-COSE defines and that are not opened here. */
const CLOSED_ENVELOPES = [
  'data:application/vc+sd-jwt,',
  'data:application/vc+cose,',
  'data:application/vc+cose;base64,',
]

/** A presentation whose form was checked and nothing else: anybody may have written it. */
export interface UnverifiedPresentation {
  /** The token as it came. */
  readonly token: string
  /** The JWS that it is. */
  readonly jws: UnverifiedJws
  /** The presentation: the payload of the JWS. */
  readonly document: JsonObject
  /** Who is said to show it: a URL, perhaps a DID. */
  readonly holder: string
  /** All its types, `VerifiablePresentation` among them. */
  readonly types: readonly string[]
  /** Its own URL; undefined where it has none. */
  readonly id: string | undefined
  /** Which key is said to have signed it. */
  readonly kid: string
  /** The enclosed credentials that are a `vc+jwt`, read and not verified: at most 16. */
  readonly credentials: readonly UnverifiedCredential[]
  /** How many more it has that are secured as `vc+sd-jwt` or `vc+cose`, which are not opened here. */
  readonly closed: number
}

/**
 * Reads a presentation, and the credentials in it, without believing anything.
 *
 * The checks run in this order: size; form of the JWS, algorithm and `typ` (`vp+jwt`); the data model, rule by rule;
 * what is stricter here: no embedded proof, a holder, and at least one credential, each of them in an envelope of a
 * media type of VC-JOSE-COSE; what header and registered claims say about it; the form of each credential that is a
 * `vc+jwt`.
 *
 * @param token - A compact JWS of at most {@link MAX_PRESENTATION_LENGTH} characters.
 * @returns The presentation, with nothing about it verified.
 * @throws {VerificationError} `COMITY_JWS_TOO_LARGE`, `COMITY_JWS_MALFORMED`, `COMITY_ALG_NOT_ALLOWED`,
 *   `COMITY_JWT_TYP_MISMATCH`; `COMITY_PRESENTATION_MALFORMED`; `COMITY_PRESENTATION_HOLDER` when `iss` is not the
 *   holder; the codes of `parseCredential` for what is inside.
 * @see {@link https://www.w3.org/TR/vc-jose-cose/#securing-vps-with-jose | VC-JOSE-COSE §3.1.2}
 */
export function parsePresentation(token: string): UnverifiedPresentation {
  const jws = parseJws(token, { typ: 'vp+jwt', maxLength: MAX_PRESENTATION_LENGTH })
  const { claims, header } = jws
  const [fault] = ruleFaults(PRESENTATION_RULES, claims, 'COMITY_PRESENTATION_MALFORMED')
  if (fault !== undefined) throw fault
  if (claims['proof'] !== undefined)
    throw malformed('proof', 'an enveloped presentation has an embedded proof')
  const envelopes = enclosedEnvelopes(claims)
  const tokens = envelopes.filter((id) => id.startsWith(ENVELOPE_PREFIX))
  const holder = checkEnvelope(jws)
  return Object.freeze({
    token,
    jws,
    document: claims,
    holder,
    types: Object.freeze([...(stringList(claims['type']) ?? [])]),
    id: typeof claims['id'] === 'string' ? claims['id'] : undefined,
    kid: header.kid ?? '',
    credentials: Object.freeze(tokens.map((id) => parseCredential(id.slice(ENVELOPE_PREFIX.length)))),
    closed: envelopes.length - tokens.length,
  })
}

/** The data URLs in a presentation. */
function enclosedEnvelopes(document: JsonObject): readonly string[] {
  const items = asList(document['verifiableCredential'])
  if (items.length === 0 || items.length > MAX_PRESENTED) {
    throw malformed('verifiableCredential', 'the presentation shows no credential')
  }
  return items.map((item) => {
    if (!isEnvelopedCredential(item)) throw malformed('verifiableCredential', 'a credential is not secured')
    const { id } = item
    const known = [ENVELOPE_PREFIX, ...CLOSED_ENVELOPES]
    if (typeof id !== 'string' || !known.some((prefix) => id.startsWith(prefix))) {
      throw malformed('verifiableCredential', 'a credential is in an envelope of another media type')
    }
    return id
  })
}

/** Checks what the JWS says about the presentation inside it, and returns the holder. */
function checkEnvelope({ header, claims }: UnverifiedJws): string {
  const { cty, kid } = header
  if (typeof kid !== 'string' || kid === '') throw malformed('kid', 'the header names no key')
  if (cty !== undefined && !(typeof cty === 'string' && /^(?:application\/)?vp$/i.test(cty))) {
    throw malformed('cty', 'the header names other content than a presentation')
  }
  for (const name of ['vc', 'vp']) {
    if (claims[name] !== undefined) throw malformed(name, `the claim ${name} wraps something in the old way`)
  }
  if (claims['jti'] !== undefined && claims['jti'] !== claims['id'])
    throw malformed('jti', 'jti is not the id')
  const holder = isJsonObject(claims['holder']) ? claims['holder']['id'] : (claims['holder'] ?? claims['iss'])
  if (typeof holder !== 'string' || holder === '')
    throw malformed('holder', 'the presentation names no holder')
  for (const [place, iss] of [
    ['header', header['iss']],
    ['claims', claims['iss']],
  ] as const) {
    if (iss === undefined || iss === holder) continue
    throw new VerificationError('COMITY_PRESENTATION_HOLDER', 'iss is not the holder', {
      spec: 'VC-JOSE-COSE §3.1.3',
      details: { place },
    })
  }
  return holder
}

function malformed(member: string, message: string): VerificationError {
  return new VerificationError('COMITY_PRESENTATION_MALFORMED', message, {
    spec: 'VC-JOSE-COSE §3.1',
    details: { member },
  })
}
