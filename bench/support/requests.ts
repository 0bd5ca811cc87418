import type { Authorizer } from 'comity/authorization'
import { createGrantAuthorizer } from 'comity/authorization'
import { generateSigner, jwkThumbprint, type PublicJwk, type Signer } from 'comity/keys'
import {
  createDpopProof,
  createSessionRegistry,
  issueAccessToken,
  verifyRequest,
  type NewSession,
  type SessionRegistry,
} from 'comity/session'
import type { Store } from 'comity/store'
import { createMemoryStore } from 'comity/store'

/** The name of the gateway's resources. */
export const AUDIENCE = 'https://agents.globex.example'

/** The gateway's DID. */
export const ISSUER = 'did:web:agents.globex.example'

const METHOD = 'GET'
const URL = `${AUDIENCE}/invoices/4711`
const CREDENTIAL_TYPES = ['AgentCapabilityCredential', 'AgentPostureCredential']

/** A session, its token, and the two keys. */
export interface OpenSession {
  readonly signer: Signer
  readonly tokenKey: PublicJwk
  readonly accessToken: string
  /** A fresh proof for one request. */
  prove(): Promise<string>
}

/** A session record as a gateway makes it from two credentials. */
export function newSession(id: string, jkt: string, now: number): NewSession {
  const organization = 'did:web:acme.example'
  return {
    id,
    agent: `${organization}:agents:ledger-${id.slice(0, 8)}`,
    organizations: [organization],
    accountable: [organization],
    jkt,
    granted: [{ type: 'invoices', actions: ['read', 'match'] }],
    expiresAt: now + 86_400,
    postureAssessedAt: now - 600,
    maxPostureAge: 86_400,
    credentials: CREDENTIAL_TYPES.map((type, index) => ({
      issuer: organization,
      type,
      digest: `${id.slice(0, 20)}${String(index).padStart(23, '0')}`,
      id: `urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c${String(index)}`,
      statusRefs: (['revocation', 'suspension'] as const).map((statusPurpose) => ({
        type: 'BitstringStatusListEntry' as const,
        statusPurpose,
        statusListIndex: '94567',
        statusListCredential: 'https://acme.example/status/3',
      })),
    })),
  }
}

/** Opens a session in a store. */
export async function openSession(registry: SessionRegistry): Promise<OpenSession> {
  const now = Date.now() / 1000
  const [signer, tokens] = [
    await generateSigner({ alg: 'Ed25519' }),
    await generateSigner({ alg: 'Ed25519' }),
  ]
  const id = crypto.randomUUID().replaceAll('-', '')
  const session = await registry.open(newSession(id, jwkThumbprint(signer.publicJwk), now))
  const { token } = await issueAccessToken({ signer: tokens, issuer: ISSUER, audience: AUDIENCE, session })
  return {
    signer,
    tokenKey: tokens.publicJwk,
    accessToken: token,
    prove: () => createDpopProof({ signer, method: METHOD, url: URL, accessToken: token }),
  }
}

/** Decides requests of a session as a gateway does: token, proof, replay, session, grant, posture. */
export function createDecider(
  store: Store,
  registry: SessionRegistry,
  { accessToken, tokenKey }: OpenSession,
): (proof: string) => Promise<void> {
  const authorizer: Authorizer = createGrantAuthorizer()
  return async (proof) => {
    const now = Date.now() / 1000
    const { session, agent, granted, path } = await verifyRequest(
      { method: METHOD, url: URL, authorization: `DPoP ${accessToken}`, dpop: proof },
      { issuer: ISSUER, audience: AUDIENCE, key: tokenKey, registry, replay: store, now },
    )
    const { postureAssessedAt, maxPostureAge } = session
    const { allow } = await authorizer.decide({
      subject: { did: agent, organizations: session.organizations },
      resource: { type: 'invoices', action: 'read' },
      granted,
      ...(postureAssessedAt === undefined ? {} : { postureAssessedAt }),
      ...(maxPostureAge === undefined ? {} : { maxPostureAge }),
      context: { method: METHOD, path, now },
    })
    if (!allow) throw new Error('the request is not allowed')
  }
}

/** A registry in a store of its own, in memory. */
export function createRegistry(maxEntries: number): { store: Store; registry: SessionRegistry } {
  const store = createMemoryStore({ maxEntries })
  return { store, registry: createSessionRegistry({ store }) }
}
