import { describe, expect, it } from 'vitest'
import {
  issueCredential,
  verifyCredential,
  type VerifyCredentialOptions,
} from '../../src/credentials/index.ts'
import { createDidDocument, createDidResolver, didWebFromUrl } from '../../src/did/index.ts'
import { generateSigner, withKid } from '../../src/keys/index.ts'
import { createStatusChecker, createStatusPublisher, STATUS_LIST_MEDIA_TYPE } from '../../src/status/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { createTrustRegistry } from '../../src/trust/index.ts'
import { fetchFor, startServer } from '../net/support.ts'
import { codeOfPromise } from '../support/codes.ts'
import { HOLDER, POSTURE } from '../credentials/world.ts'

/** An organization on a real HTTPS server: its DID document and its status lists. */
async function startOrganization(): Promise<{
  readonly token: string
  readonly revoke: () => Promise<void>
  readonly options: VerifyCredentialOptions
  readonly stop: () => void
}> {
  const key = await generateSigner({ alg: 'EdDSA' })
  const served: { did?: string; publisher?: ReturnType<typeof createStatusPublisher>; down?: boolean } = {}
  const server = await startServer((request, response) => {
    const answer = async (): Promise<void> => {
      if (served.down === true) return void response.writeHead(503).end()
      if (request.url === '/.well-known/did.json') {
        const keys = [{ fragment: '#key-1', jwk: key.publicJwk, relationships: ['assertionMethod'] as const }]
        return void response.end(JSON.stringify(createDidDocument({ did: served.did ?? '', keys })))
      }
      const token = await served.publisher?.credential(`${server.origin}${request.url ?? ''}`)
      if (token === undefined) return void response.writeHead(404).end()
      response.setHeader('content-type', STATUS_LIST_MEDIA_TYPE)
      response.end(token)
    }
    void answer()
  })
  const did = didWebFromUrl(server.origin)
  const signer = withKid(key, `${did}#key-1`)
  const publisher = createStatusPublisher({
    store: createMemoryStore(),
    signer,
    issuer: did,
    url: `${server.origin}/status`,
    ttlMs: 0,
  })
  Object.assign(served, { did, publisher })
  const status = await publisher.allocate(['revocation', 'suspension'])
  const now = Math.floor(Date.now() / 1000)
  const token = await issueCredential({
    signer,
    issuer: did,
    type: 'AgentPostureCredential',
    subject: HOLDER,
    claims: POSTURE,
    validFrom: now,
    validUntil: now + 600,
    status,
  })
  const fetch = fetchFor([server])
  const resolver = createDidResolver({ fetch })
  const trust = createTrustRegistry({ issuers: [{ did, types: ['AgentPostureCredential'] }] })
  const options = {
    resolver,
    trust,
    status: createStatusChecker({ fetch, resolver }),
    holder: HOLDER,
    requireStatus: true,
  }
  const revoke = async (): Promise<void> => {
    const [entry] = status
    if (entry !== undefined) await publisher.set(entry, true)
  }
  return { token, revoke, options, stop: () => void (served.down = true) }
}

describe('over HTTPS', () => {
  it('a credential is verified with its lists, until it is revoked', async () => {
    const { token, revoke, options } = await startOrganization()
    const verified = await verifyCredential(token, options)
    expect(verified.status).toHaveLength(2)
    await revoke()
    expect(await codeOfPromise(async () => verifyCredential(token, options))).toBe('COMITY_STATUS_REVOKED')
  })

  it('a credential is refused where its lists are not served any more', async () => {
    const { token, options, stop } = await startOrganization()
    await verifyCredential(token, options)
    stop()
    expect(await codeOfPromise(async () => verifyCredential(token, options))).toBe(
      'COMITY_STATUS_UNAVAILABLE',
    )
  })
})
