import {
  issueCredential,
  parseCredential,
  verifyCredential,
  type VerifyCredentialOptions,
} from '../../../src/credentials/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
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
  COMITY_CREDENTIAL_TYPE: () => verifyUnder({ type: 'AgentScopeCredential' }),
  COMITY_STATUS_REQUIRED: () => verifyUnder({ requireStatus: true }),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
