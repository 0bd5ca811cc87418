import { describe, expect, it } from 'vitest'
import {
  parseSdJwtCredential,
  presentSdJwtCredential,
  verifyCredential,
  type VerifiedCredential,
} from '../../src/credentials/index.ts'
import { createDidDocument, createDidResolver, didWebUrl } from '../../src/did/index.ts'
import type { IssuedCredential } from '../../src/issuer/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createStatusChecker } from '../../src/status/index.ts'
import { createWeb } from '../credentials/world.ts'
import { codeOfPromise } from '../support/codes.ts'
import { AGENT, CLAIMS, createWorld, HOUR, ORGANIZATION, type World } from './world.ts'

const holder = await generateSigner({ alg: 'Ed25519', kid: `${AGENT}#key-1` })
const why = { reason: 'compromised' }

async function issuePosture(world: World): Promise<IssuedCredential> {
  return world.issuer.issue('AgentPostureCredential', {
    subject: AGENT,
    claims: CLAIMS.AgentPostureCredential,
    lifetimeSeconds: HOUR,
    format: 'dc+sd-jwt',
    holderKey: holder.publicJwk,
    decoys: 2,
  })
}

/** Shows the credential with one of its claims to a verifier that fetches everything anew. */
async function show(world: World, { token }: IssuedCredential): Promise<VerifiedCredential> {
  const now = world.now()
  const binding = { nonce: 'n-1', audience: 'did:web:globex.example' }
  const shown = await presentSdJwtCredential(token, { disclose: [['region']], holder, now, ...binding })
  const web = createWeb()
  const keys = [
    { fragment: '#key-1', jwk: world.signer.publicJwk, relationships: ['assertionMethod'] as const },
  ]
  web.pages.set(didWebUrl(ORGANIZATION), JSON.stringify(createDidDocument({ did: ORGANIZATION, keys })))
  const url = 'https://acme.example/status/token/1'
  web.pages.set(url, (await world.statusLists.credential(url)) ?? 404)
  const resolver = createDidResolver({ fetch: web.fetch })
  return verifyCredential(shown, {
    resolver,
    trust: { judge: async () => ({ accepted: true, reason: 'test' }) },
    status: createStatusChecker({ fetch: web.fetch, resolver }),
    holder: AGENT,
    now,
    requireStatus: true,
    format: 'dc+sd-jwt',
    keyBinding: binding,
  })
}

describe('an SD-JWT VC of the issuer', () => {
  it('has one place, in a Token Status List, and is on record', async () => {
    const world = await createWorld()
    const issued = await issuePosture(world)
    const [reference] = issued.statusEntries
    expect(issued.statusEntries).toHaveLength(1)
    expect(reference).toMatchObject({ type: 'TokenStatusList', uri: 'https://acme.example/status/token/1' })
    expect(parseSdJwtCredential(issued.token).document['status']).toEqual({
      status_list: { uri: 'https://acme.example/status/token/1', idx: (reference as { idx: number }).idx },
    })
    expect(issued.id).toMatch(/^urn:uuid:[0-9a-f-]{36}$/)
    const verified = await show(world, issued)
    expect(verified.digest).toBe(issued.digest)
    expect(verified.status).toEqual(issued.statusEntries)
    expect(verified.document).toMatchObject({ region: 'eu' })
  })

  it('is suspended, reinstated and revoked like any other, and peers are told its digest', async () => {
    const world = await createWorld()
    const [issued, other] = [await issuePosture(world), await issuePosture(world)]
    const code = async (credential = issued): Promise<unknown> =>
      codeOfPromise(async () => show(world, credential))
    expect(await world.issuer.suspend(issued.id)).toBe(true)
    expect(await code()).toBe('COMITY_STATUS_SUSPENDED')
    expect(await world.restart().reinstate(issued.id)).toBe(true)
    expect(await code()).toBeUndefined()
    expect(await world.restart().revoke({ credential: issued.id }, why)).toEqual([issued.id])
    expect(await code()).toBe('COMITY_STATUS_REVOKED')
    expect(await world.issuer.reinstate(issued.id)).toBe(false)
    expect(await code()).toBe('COMITY_STATUS_REVOKED')
    expect(await code(other)).toBeUndefined()
    expect((await world.told()).map(({ digest, reason }) => [digest, reason])).toEqual([
      [issued.digest, 'suspended'],
      [issued.digest, 'compromised'],
    ])
  })

  it('goes with its agent, beside credentials of the other format', async () => {
    const world = await createWorld()
    const [first, second] = [await issuePosture(world), await issuePosture(world)]
    const options = { subject: AGENT, claims: CLAIMS.AgentPostureCredential, lifetimeSeconds: HOUR }
    const plain = await world.issuer.issue('AgentPostureCredential', options)
    expect(await world.issuer.revoke({ agent: AGENT }, why)).toHaveLength(3)
    for (const { statusEntries } of [first, second, plain]) {
      expect(await world.isSet(statusEntries, 'revocation')).toBe(true)
    }
  })

  it.each<[string, object]>([
    ['an unknown format', { format: 'ldp_vc' }],
    ['a name that objects have', { format: 'toString' }],
    ['no holder key', { format: 'dc+sd-jwt', holderKey: undefined }],
    ['a holder key for the other format', { format: 'vc+jwt', holderKey: holder.publicJwk }],
    ['decoys for the other format', { decoys: 1 }],
  ])('is not made with %s', async (_name, more) => {
    const { issuer } = await createWorld()
    const options = { subject: AGENT, claims: CLAIMS.AgentPostureCredential, lifetimeSeconds: HOUR, ...more }
    await expect(issuer.issue('AgentPostureCredential', options as never)).rejects.toThrow(TypeError)
  })
})
