import {
  createPresentation,
  issueCredential,
  parseCredential,
  parsePresentation,
  parseSdJwtCredential,
  verifyCredential,
  verifyPresentation,
  type VerifyCredentialOptions,
  type VerifyPresentationOptions,
} from '../../../src/credentials/index.ts'
import type { JsonObject } from '../../../src/encoding/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { signJws } from '../../../src/keys/index.ts'
import {
  bindKey,
  createSdJwtWorld,
  disclosureOf,
  sdClaims,
  signSdJwt,
} from '../../credentials/sd-jwt-world.ts'
import {
  HOLDER,
  NOW,
  createIssuer,
  createWorld,
  issuePosture,
  signDocument,
  type TestIssuer,
} from '../../credentials/world.ts'

/** Verifies a good posture credential under other expectations. */
async function verifyUnder(more: Partial<VerifyCredentialOptions>): Promise<unknown> {
  const { issuer, options } = await createWorld()
  return verifyCredential(await issuePosture(issuer), { ...options, ...more })
}

/** Verifies a credential that somebody signed with a key that is not the issuer's. */
async function verifyForeign(): Promise<unknown> {
  const { web, issuer, options } = await createWorld()
  const other = await createIssuer(web, 'did:web:evil.example')
  const foreign: TestIssuer = { ...other, did: issuer.did }
  const { document } = parseCredential(await issuePosture(issuer))
  return verifyCredential(await signDocument(foreign.signer, document), options)
}

async function issueInvalid(): Promise<string> {
  const { issuer } = await createWorld()
  return issueCredential({
    signer: issuer.signer,
    issuer: issuer.did,
    type: 'AgentPostureCredential',
    subject: HOLDER,
    claims: {},
    validFrom: NOW,
    validUntil: NOW + 1,
  })
}

/** Verifies a good presentation by the key in the test issuer's document that is for logins, or a changed one. */
async function verifyPresented(
  more: object,
  expectations: Partial<VerifyPresentationOptions> = {},
): Promise<unknown> {
  const { issuer, options } = await createWorld()
  const { holder: _holder, ...rest } = options
  const [signer, holder, nonce, audience] = [issuer.login, issuer.did, 'n-1', 'https://verifier.example']
  const credentials = [await issuePosture(issuer, { subject: holder })]
  const { document } = parsePresentation(
    await createPresentation({ signer, holder, credentials, nonce, audience, now: NOW }),
  )
  const token = await signJws({
    header: { typ: 'vp+jwt' },
    payload: { ...document, ...more },
    signer,
  })
  return verifyPresentation(token, { ...rest, nonce, audience, ...expectations })
}

/** Verifies an SD-JWT VC that its issuer signed, with other claims or disclosures, or shows it otherwise. */
async function verifySdJwtVc(
  more: JsonObject,
  disclosures: readonly string[] = [],
  occasion: JsonObject = {},
): Promise<unknown> {
  const world = await createSdJwtWorld()
  const token = await signSdJwt(world.issuer.signer, sdClaims(world, more), disclosures)
  return verifyCredential(await bindKey(token, world.holder, occasion), world.sdJwtOptions)
}

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const credentials = {
  COMITY_CREDENTIAL_TOO_LARGE: () => parseCredential('x'.repeat(32_769)),
  COMITY_CREDENTIAL_MALFORMED: async () => {
    const { issuer } = await createWorld()
    parseCredential(await signDocument(issuer.signer, { vc: {} }))
  },
  COMITY_CREDENTIAL_EXPIRED: () => verifyUnder({ now: NOW + 99_999 }),
  COMITY_CREDENTIAL_NOT_YET_VALID: () => verifyUnder({ now: NOW - 99_999 }),
  COMITY_CREDENTIAL_SCHEMA: () => issueInvalid(),
  COMITY_CREDENTIAL_HOLDER: () => verifyUnder({ holder: 'did:web:somebody.example' }),
  COMITY_CREDENTIAL_ISSUER_MISMATCH: () => verifyForeign(),
  COMITY_SD_JWT_MALFORMED: () => parseSdJwtCredential('e30.e30.AAAA'),
  COMITY_SD_JWT_HASH: () => verifySdJwtVc({ _sd_alg: 'md5' }),
  COMITY_SD_JWT_DISCLOSURE: () => verifySdJwtVc({}, ['e30']),
  COMITY_SD_JWT_DIGEST: () => verifySdJwtVc({}, [disclosureOf('salt', 'region', 'eu')]),
  COMITY_KEY_BINDING_MISSING: async () => {
    const world = await createSdJwtWorld()
    return verifyCredential(await signSdJwt(world.issuer.signer, sdClaims(world)), world.sdJwtOptions)
  },
  COMITY_KEY_BINDING_INVALID: () => verifySdJwtVc({}, [], { sd_hash: 'x' }),
  COMITY_KEY_BINDING_NONCE: () => verifySdJwtVc({}, [], { nonce: 'other' }),
  COMITY_PRESENTATION_MALFORMED: () => verifyPresented({ type: 'VerifiableCredential' }),
  COMITY_PRESENTATION_HOLDER: () => verifyPresented({}, { holder: HOLDER }),
  COMITY_PRESENTATION_NONCE: () => verifyPresented({ nonce: 'n-2' }),
  COMITY_PRESENTATION_FORMAT: () =>
    verifyPresented({
      verifiableCredential: {
        '@context': 'https://www.w3.org/ns/credentials/v2',
        type: 'EnvelopedVerifiableCredential',
        id: 'data:application/vc+cose,0oRY',
      },
    }),
  COMITY_CREDENTIAL_TYPE: () => verifyUnder({ type: 'AgentScopeCredential' }),
  COMITY_STATUS_REQUIRED: () => verifyUnder({ requireStatus: true }),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
