import { describe, expect, it } from 'vitest'
import {
  parseCredential,
  parseDateTimeStamp,
  verifyCredential,
  type VerifyCredentialOptions,
} from '../../src/credentials/index.ts'
import { createDidResolver, didWebUrl, type DidResolver } from '../../src/did/index.ts'
import { isJsonObject, type JsonObject } from '../../src/encoding/index.ts'
import { VerificationError } from '../../src/errors/index.ts'
import { parsePublicJwk, verifyJwsSignature } from '../../src/keys/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'
import { loadVectors, type VectorCase } from '../support/vectors.ts'
import { NOW, STATUS_GOOD, createWeb, createWorld, signDocument } from './world.ts'

function load(topic: string, file: string): readonly VectorCase[] {
  const cases = loadVectors(topic, file)
  it.skipIf(cases !== undefined)(
    `${topic}/${file}: the shared vectors are not beside this checkout`,
    () => undefined,
  )
  return cases ?? []
}

/** Makes sure that a rule left something to run. */
function expectSome(cases: readonly VectorCase[], chosen: readonly VectorCase[], least: number): void {
  it.skipIf(cases.length === 0)('has cases', () => {
    expect(chosen.length).toBeGreaterThanOrEqual(least)
  })
}

interface ModelCase extends VectorCase {
  readonly kind: string
  readonly needsJsonLd: boolean
  readonly document: JsonObject
}

describe('VCDM 2.0 test suite', async () => {
  const { issuer } = await createWorld()
  const cases = load('vcdm2', 'test-suite-inputs') as readonly ModelCase[]
  // Not presentations; not what only JSON-LD processing can refuse; not several subjects, which are refused here.
  const chosen = cases.filter(
    ({ kind, needsJsonLd, document, expected }) =>
      kind === 'credential' &&
      !(needsJsonLd && expected.result === 'invalid') &&
      !Array.isArray(document['credentialSubject']),
  )
  expectSome(cases, chosen, 50)

  it.each(chosen)('$id', async ({ document, expected }) => {
    const dated = JSON.stringify(document)
      .replace('PAST DATE', '2020-01-01T00:00:00Z')
      .replace('FUTURE DATE', '2040-01-01T00:00:00Z')
    const token = await signDocument(issuer.signer, JSON.parse(dated) as JsonObject)
    const code = codeOf(() => parseCredential(token))
    expect(code).toBe(expected.result === 'valid' ? undefined : 'COMITY_CREDENTIAL_MALFORMED')
  })

  it.each(cases.filter(({ document }) => Array.isArray(document['credentialSubject'])))(
    '$id is refused: several subjects',
    async ({ document }) => {
      const token = await signDocument(issuer.signer, document)
      expect(codeOf(() => parseCredential(token))).toBe('COMITY_CREDENTIAL_MALFORMED')
    },
  )
})

interface ChainCase extends VectorCase {
  readonly kind: string
  readonly jwt: string
  readonly now: string
  readonly didDocuments: Record<string, JsonObject>
  readonly context?: { readonly deactivated?: readonly string[] }
}

describe('VC-JOSE-COSE, from token to DID document to data model', () => {
  const cases = load('vc-jose-cose', 'chain') as readonly ChainCase[]
  // Not presentations, which the handshake does without; not what may go either way; not what is good by a DID
  // method that the resolver does not have.
  const chosen = cases.filter(
    ({ kind, jwt, expected }) =>
      kind === 'credential' &&
      expected.result !== 'either' &&
      !(expected.result === 'valid' && keyOf(jwt).startsWith('did:jwk:')),
  )
  expectSome(cases, chosen, 40)

  it.each(chosen)('$id', async ({ jwt, now, didDocuments, context, expected }) => {
    const code = await codeOfPromise(async () =>
      verifyCredential(jwt, {
        resolver: resolverOf(didDocuments, context?.deactivated ?? []),
        trust: { judge: async () => ({ accepted: true, reason: 'every issuer of the vectors' }) },
        status: STATUS_GOOD,
        holder: 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK',
        type: 'VerifiableCredential',
        now: parseDateTimeStamp(now) ?? NaN,
      }),
    )
    if (expected.result === 'valid') expect(code).toBeUndefined()
    else expect(code).toMatch(/^COMITY_/)
  })
})

/** The `kid` in the header of a token. */
function keyOf(token: string): string {
  return String(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid)
}

/** Serves the documents of a case as `did:web`. One that is deactivated says so in its document's metadata. */
function resolverOf(documents: Record<string, JsonObject>, deactivated: readonly string[]): DidResolver {
  const web = createWeb()
  for (const [did, document] of Object.entries(documents))
    web.pages.set(didWebUrl(did), JSON.stringify(document))
  const resolver = createDidResolver({ fetch: web.fetch, clock: { now: () => NOW } })
  return {
    ...resolver,
    resolveDocument: async (did, options) => {
      if (deactivated.includes(did))
        throw new VerificationError('COMITY_DID_DEACTIVATED', 'the DID is deactivated')
      return resolver.resolveDocument(did, options)
    },
  }
}

interface SecuredCase extends VectorCase {
  readonly format: string
  readonly input: string
  readonly verificationMethod: { readonly publicKeyJwk: JsonObject }
}

describe('VC-JOSE-COSE test suite', () => {
  const cases = load('vc-jose-cose', 'verify') as readonly SecuredCase[]
  // Credentials as JWS. Their keys are not in DID documents, so that it is parsing and the signature that are tested.
  const chosen = cases.filter(({ format }) => format === 'credential_jose')
  expectSome(cases, chosen, 5)

  it.each(chosen)('$id', async ({ input, verificationMethod, expected }) => {
    const code = await codeOfPromise(async () => {
      const { jws } = parseCredential(input)
      return verifyJwsSignature(jws, parsePublicJwk(verificationMethod.publicKeyJwk))
    })
    if (expected.result === 'valid') expect(code).toBeUndefined()
    else expect(code).toMatch(/^COMITY_/)
  })

  it.each(cases.filter(({ format }) => format !== 'credential_jose'))('$id is no vc+jwt', ({ input }) => {
    expect(codeOf(() => parseCredential(input))).toMatch(/^COMITY_/)
  })
})

interface OldCase extends VectorCase {
  readonly vcJwt: string
}

describe('VCDM 1.1 credentials', async () => {
  const { options } = await createWorld()
  const cases = load('vc-jose-cose', 'vc-jwt-1.1') as readonly OldCase[]

  it.each(cases)('$id is refused', async ({ vcJwt }) => {
    const asked: VerifyCredentialOptions = { ...options, type: 'VerifiableCredential' }
    expect(codeOf(() => parseCredential(vcJwt))).toMatch(/^COMITY_/)
    expect(await codeOfPromise(async () => verifyCredential(vcJwt, asked))).toMatch(/^COMITY_/)
  })

  // Not because of `typ` alone: put under a header of today, the payload is refused as well.
  it.each(cases)('$id is refused as vc+jwt', async ({ vcJwt }) => {
    const { issuer } = await createWorld()
    const payload: unknown = JSON.parse(
      Buffer.from(vcJwt.split('.')[1] ?? '', 'base64url').toString() || '{}',
    )
    if (!isJsonObject(payload)) return
    const token = await signDocument(issuer.signer, payload)
    expect(codeOf(() => parseCredential(token))).toBe('COMITY_CREDENTIAL_MALFORMED')
  })
})
