/**
 * SD-JWT VCs: issued, presented, verified.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createSignatureCache,
  credentialDigest,
  issueSdJwtCredential,
  parseSdJwtCredential,
  verifyCredential,
  type ClaimsPath,
} from '../../src/credentials/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { generateSigner, withKid } from '../../src/keys/index.ts'
import { createSdJwtWorld, issueSdPosture, refusal, show, type SdJwtWorld } from './sd-jwt-world.ts'
import { HOLDER, NOW, POSTURE, SCOPE } from './world.ts'

let world: SdJwtWorld

beforeAll(async () => {
  world = await createSdJwtWorld()
})

async function verify(token: string, more: object = {}): ReturnType<typeof verifyCredential> {
  return verifyCredential(token, { ...world.sdJwtOptions, ...more })
}

describe('a presented SD-JWT VC', () => {
  it('has what was disclosed and nothing else', async () => {
    const token = await show(await issueSdPosture(world), world.holder)
    const credential = await verify(token)
    expect(credential).toMatchObject({
      format: 'dc+sd-jwt',
      vct: 'urn:comity:vct:AgentPostureCredential:1',
      types: ['AgentPostureCredential'],
      issuer: world.issuer.did,
      subject: HOLDER,
      validFrom: NOW - 3600,
      validUntil: NOW + 3600,
      status: [],
    })
    expect(Object.keys(credential.document).sort()).toEqual(
      ['cnf', 'exp', 'iss', 'nbf', 'patchAgeDays', 'region', 'sub', 'vct'].sort(),
    )
    expect(Object.isFrozen(credential.document)).toBe(true)
  })

  it('is the same credential whatever is disclosed', async () => {
    const token = await issueSdPosture(world)
    const [one, all] = [
      await verify(await show(token, world.holder, [['region']])),
      await verify(
        await show(
          token,
          world.holder,
          Object.keys(POSTURE).map((name) => [name]),
        ),
      ),
    ]
    expect(one.digest).toBe(all.digest)
    expect(one.digest).toBe(credentialDigest(token.slice(0, token.indexOf('~'))))
  })

  it('may be of any known curve on both sides', async () => {
    const signer = withKid(await generateSigner({ alg: 'ES384' }), `${HOLDER}#key-1`)
    const token = await issueSdPosture(world, { signer: world.issuer.p256, holderKey: signer.publicJwk })
    await expect(verify(await show(token, signer))).resolves.toMatchObject({ subject: HOLDER })
  })

  it('is known again by what its issuer signed', async () => {
    const cache = createSignatureCache()
    const token = await issueSdPosture(world)
    await verify(await show(token, world.holder, [['region']]), { cache })
    await verify(await show(token, world.holder, [['sandbox']]), { cache })
    expect(cache.size).toBe(1)
    const forged = `${token.slice(0, token.indexOf('~') - 8)}AAAAAAAA${token.slice(token.indexOf('~'))}`
    expect(await refusal(verify(await show(forged, world.holder), { cache }))).toBe(
      'COMITY_SIGNATURE_INVALID',
    )
  })

  it('is not remembered as a credential of another format', async () => {
    const cache = createSignatureCache()
    const token = await issueSdPosture(world)
    await verify(await show(token, world.holder), { cache })
    const { keyBinding: _keyBinding, format: _format, ...options } = world.sdJwtOptions
    const issuerJwt = token.slice(0, token.indexOf('~'))
    expect(await refusal(verifyCredential(issuerJwt, { ...options, cache }))).toBe('COMITY_JWT_TYP_MISMATCH')
  })
})

describe('nested claims', () => {
  const disclosable: readonly ClaimsPath[] = [
    ['attestation'],
    ['attestation', 'selectors'],
    ['attestation', 'selectors', null],
    ['evaluations', null],
    ['evaluations', 0, 'date'],
    ['region'],
  ]

  async function shown(disclose: readonly ClaimsPath[]): Promise<JsonObject> {
    const claims = {
      ...POSTURE,
      attestation: { method: 'spire', selectors: ['a', 'b', 'c'] },
      evaluations: [...(POSTURE.evaluations ?? []), { name: 'second', passed: true, date: '2026-11-02' }],
    } as const
    const token = await issueSdPosture(world, { claims, disclosable, decoys: 3 })
    return (await verify(await show(token, world.holder, disclose))).document
  }

  it('are disclosed with what they are in, and no more', async () => {
    const document = await shown([
      ['attestation', 'selectors', 1],
      ['evaluations', 0],
    ])
    expect(document).toMatchObject({
      attestation: { method: 'spire', selectors: ['b'] },
      evaluations: [{ name: 'prompt-injection', passed: true }],
    })
    expect(document).not.toHaveProperty('region')
    expect(document).not.toHaveProperty(['evaluations', 0, 'date'])
  })

  it('are disclosed by null for every element', async () => {
    expect(await shown([['attestation', 'selectors', null]])).toMatchObject({
      attestation: { selectors: ['a', 'b', 'c'] },
    })
  })

  it('stay hidden where only what they are in is asked for', async () => {
    const document = await shown([['attestation', 'method']])
    expect(document['attestation']).toEqual({ method: 'spire' })
    expect(document['evaluations']).toEqual([])
  })

  it('that are not there are not shown instead', async () => {
    await expect(shown([['attestation', 'selectors', 3]])).rejects.toBeInstanceOf(TypeError)
    await expect(shown([['attestation', 'method', 'x']])).rejects.toBeInstanceOf(TypeError)
    await expect(shown([['_sd', 0]])).rejects.toBeInstanceOf(TypeError)
  })
})

describe('issueSdJwtCredential', () => {
  it('gives every claim a disclosure of its own, with 128 random bits', async () => {
    const { disclosures, jws } = parseSdJwtCredential(await issueSdPosture(world))
    expect(disclosures.map(({ name }) => name).sort()).toEqual(Object.keys(POSTURE).sort())
    expect(new Set(disclosures.map(({ salt }) => salt)).size).toBe(disclosures.length)
    for (const { salt } of disclosures) expect(salt).toHaveLength(22)
    expect(jws.claims['_sd']).toHaveLength(disclosures.length)
    expect(jws.claims).not.toHaveProperty('region')
  })

  it('hides the number of claims among decoys', async () => {
    const { disclosures, jws } = parseSdJwtCredential(await issueSdPosture(world, { decoys: 5 }))
    const digests = jws.claims['_sd'] as readonly string[]
    expect(digests).toHaveLength(disclosures.length + 5)
    expect(digests).toEqual(digests.toSorted())
  })

  it('can leave everything in clear', async () => {
    const token = await issueSdPosture(world, { disclosable: [] })
    expect(token.split('~')).toHaveLength(2)
    const { document } = await verify(await show(token, world.holder, []))
    expect(document).toMatchObject({ region: 'eu' })
  })

  it('refuses what contradicts itself', async () => {
    const broken = [
      { type: 'PersonCredential' as 'AgentPostureCredential' },
      { issuer: 'did:web:other.example' },
      { subject: 'somebody' },
      { validUntil: NOW - 7200 },
      { validUntil: Infinity },
      { decoys: -1 },
      { decoys: 65 },
      { status: { uri: 'nowhere', idx: 0 } },
      { status: { uri: 'https://acme.example/status/1', idx: -1 } },
      { disclosable: [['no-such-claim']] },
      { disclosable: [['exp']] },
      { disclosable: [[]] },
      { claims: { ...POSTURE, exp: 1 } },
      { claims: { ...POSTURE, id: HOLDER } },
      { claims: { ...POSTURE, more: { _sd: ['x'] } } },
      { claims: { ...POSTURE, more: [{ '...': 'x' }] } },
      { claims: { ...POSTURE, constructor: 'x' } },
      { claims: JSON.parse('{"__proto__": 1}') as JsonObject },
    ]
    for (const more of broken) {
      await expect(issueSdPosture(world, more), JSON.stringify(more)).rejects.toBeInstanceOf(TypeError)
    }
  })

  it('holds all claims against the schema', async () => {
    const { region: _region, ...rest } = POSTURE
    expect(await refusal(issueSdPosture(world, { claims: rest }))).toBe('COMITY_CREDENTIAL_SCHEMA')
  })

  it('makes no credential that a verifier would not read', async () => {
    const claims = { ...SCOPE, tools: Array.from({ length: 128 }, (_, index) => `tool-${String(index)}`) }
    const options = {
      signer: world.issuer.signer,
      issuer: world.issuer.did,
      type: 'AgentScopeCredential',
      subject: HOLDER,
      holderKey: world.holder.publicJwk,
      validFrom: NOW,
      validUntil: NOW + 60,
    } as const
    const more = { note: Array.from({ length: 200 }, (_, index) => index) }
    const paths = [
      ['tools', null],
      ['note', null],
    ]
    expect(
      await refusal(
        issueSdJwtCredential({
          ...options,
          claims: { ...claims, ...more },
          disclosable: paths,
        }),
      ),
    ).toBe('COMITY_CREDENTIAL_TOO_LARGE')
  })
})
