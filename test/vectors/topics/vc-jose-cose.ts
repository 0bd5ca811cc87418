import {
  parseCredential,
  parseDateTimeStamp,
  parsePresentation,
  parseVc1Credential,
  verifyCredential,
  verifyPresentation,
} from '../../../src/credentials/index.ts'

import { createDidResolver, didWebUrl, type DidResolver } from '../../../src/did/index.ts'
import {
  decodeBase64url,
  isJsonObject,
  parseJsonObject,
  type JsonObject,
} from '../../../src/encoding/index.ts'
import { VerificationError } from '../../../src/errors/index.ts'
import { generateSigner, parsePublicJwk, verifyJwsSignature, withKid } from '../../../src/keys/index.ts'
import { createWeb, signDocument, STATUS_GOOD } from '../../credentials/world.ts'
import {
  attempt,
  fail,
  judgeCall,
  judgeForeign,
  type Driver,
  type VectorCase,
  type Verdict,
} from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** Credentials and presentations as JWTs. */
export const vcJoseCose: Driver = byShape({
  chain: { has: ['jwt', 'kind', 'didDocuments'], judge: judgeChain },
  'vc-jwt-1.1': { has: ['vcJwt'], judge: judgeOld },
  verify: { has: ['format', 'input'], judge: judgeSecured },
})

interface Context {
  readonly nonce?: string
  readonly audience?: string
  readonly deactivated?: readonly string[]
}

const EVERYONE = { judge: async () => ({ accepted: true, reason: 'every issuer of the vectors' }) }

async function judgeChain(entry: VectorCase): Promise<Verdict> {
  const { deactivated = [], nonce = '-', audience = '-' } = (entry['context'] ?? {}) as Context
  const jwt = String(entry['jwt'])
  const now = parseDateTimeStamp(String(entry['now'])) ?? NaN
  const resolver = resolverOf(entry['didDocuments'] as Record<string, JsonObject>, deactivated, now)
  const options = {
    resolver,
    trust: EVERYONE,
    status: STATUS_GOOD,
    type: 'VerifiableCredential',
    now,
  }
  if (entry['kind'] === 'credential')
    return judgeCall(entry, () => verifyCredential(jwt, { ...options, holder: subjectOf(jwt) }))
  // Who shows what about whom is up to the verifier, and the cases do not ask.
  return judgeCall(entry, () => verifyPresentation(jwt, { ...options, nonce, audience, about: 'anyone' }))
}

/** Whom a credential is about; the cases say nothing of who shows it. */
function subjectOf(jwt: string): string {
  try {
    return parseCredential(jwt).subject ?? ''
  } catch {
    return 'did:example:holder'
  }
}

/** Serves the documents of a case as did:web. One that is deactivated says so in its document's metadata. */
function resolverOf(
  documents: Readonly<Record<string, JsonObject>>,
  deactivated: readonly string[],
  now: number,
): DidResolver {
  const web = createWeb()
  for (const [did, document] of Object.entries(documents))
    web.pages.set(didWebUrl(did), JSON.stringify(document))
  const resolver = createDidResolver({ fetch: web.fetch, clock: { now: () => now } })
  return {
    ...resolver,
    resolveDocument: async (did, options) => {
      if (deactivated.includes(did))
        throw new VerificationError('COMITY_DID_DEACTIVATED', 'the DID is deactivated')
      return resolver.resolveDocument(did, options)
    },
  }
}

async function judgeSecured(entry: VectorCase): Promise<Verdict> {
  const input = String(entry['input'])
  const format = String(entry['format'])
  if (format.endsWith('_cose')) return judgeForeign('cose', entry, () => parseCredential(input))
  const { publicKeyJwk } = entry['verificationMethod'] as { readonly publicKeyJwk: JsonObject }
  if (format.endsWith('_sdjwt')) return judgeForeign('vc-sd-jwt', entry, () => parseCredential(input))
  // Their keys stand in no DID document, so that it is parsing and the signature that are judged.
  return judgeCall(entry, async () => {
    const { jws } = format === 'presentation_jose' ? parsePresentation(input) : parseCredential(input)
    await verifyJwsSignature(jws, parsePublicJwk(publicKeyJwk))
  })
}

/** What the payload of a token says, where it can be read. */
function payloadOf(token: string): JsonObject {
  try {
    return parseJsonObject(decodeBase64url(token.split('.')[1] ?? ''))
  } catch {
    return {}
  }
}

/** The algorithms and the DID methods of the cases that Comity does not have. */
const FOREIGN_ALG: readonly unknown[] = ['ES256K', 'ES512', 'RS256', 'PS256', 'HS256']
const METHODS = /^did:(?:key|jwk|web|webvh):/

/** Credentials of the data model 1.1 carry no time of judgement. */
const OLD_NOW = 1_795_478_400

async function judgeOld(entry: VectorCase): Promise<Verdict> {
  const token = String(entry['vcJwt'])
  const verify = async (): Promise<unknown> =>
    entry['op'] === 'decode' ? parseVc1Credential(token) : verifyOld(token)
  const { alg, kid } = headerOf(token)
  const { iss } = payloadOf(token)
  if (entry.expected.result === 'valid') {
    if (FOREIGN_ALG.includes(alg)) return judgeForeign('key-other', entry, verify)
    if (![iss, kid].some((did) => METHODS.test(String(did))))
      return judgeForeign('did-method-other', entry, verify)
  }
  const verdict = await judgeCall(entry, verify)
  if (verdict.outcome === 'fail' && entry.expected.result === 'invalid' && isIssuerInIssAlone(token))
    return { outcome: 'skip', rule: 'vc1-iss-alone' }
  return verdict.outcome === 'pass' && (await passesAsNew(token))
    ? fail('is of the data model 1.1, and was accepted as one of 2.0')
    : verdict
}

async function verifyOld(token: string): Promise<unknown> {
  const { sub, vc } = payloadOf(token) as { sub?: unknown; vc?: { credentialSubject?: { id?: unknown } } }
  const holder = sub ?? vc?.credentialSubject?.id
  return verifyCredential(token, {
    format: 'jwt_vc_json',
    resolver: resolverOf({}, [], OLD_NOW),
    trust: EVERYONE,
    status: STATUS_GOOD,
    type: 'VerifiableCredential',
    holder: typeof holder === 'string' && holder !== '' ? holder : 'did:example:holder',
    now: OLD_NOW,
  })
}

/** Whether the issuer stands in the claim `iss` and not in the `vc` claim, too. */
function isIssuerInIssAlone(token: string): boolean {
  const { iss, vc } = payloadOf(token)
  return typeof iss === 'string' && isJsonObject(vc) && vc['issuer'] === undefined
}

/** Whether a token is taken for a credential of 2.0, as it is or under a header of today. */
async function passesAsNew(token: string): Promise<boolean> {
  const signer = withKid(await generateSigner({ alg: 'Ed25519' }), 'did:web:issuer.example#key-1')
  const renewed = await signDocument(signer, payloadOf(token))
  const taken = await Promise.all([token, renewed].map(async (each) => attempt(() => parseCredential(each))))
  return taken.some((each) => 'value' in each)
}

/** What the header of a token says, where it can be read. */
function headerOf(token: string): JsonObject {
  return payloadOf(`.${token.split('.')[0] ?? ''}`)
}
