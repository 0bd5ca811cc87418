/**
 * What an SD-JWT VC is judged by beside its signatures.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  explainCredential,
  issueSdJwtCredential,
  verifyCredential,
  vctOf,
} from '../../src/credentials/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import {
  NONCE,
  VERIFIER,
  answerTo,
  bindKey,
  createSdJwtWorld,
  digestOf,
  disclosureOf,
  documentOf,
  issueSdPosture,
  refusal,
  sdClaims,
  show,
  signSdJwt,
  type SdJwtWorld,
} from './sd-jwt-world.ts'
import { HOLDER, NOW, POSTURE } from './world.ts'

let world: SdJwtWorld

beforeAll(async () => {
  world = await createSdJwtWorld()
})

async function verify(token: string, more: object = {}): ReturnType<typeof verifyCredential> {
  return verifyCredential(token, { ...world.sdJwtOptions, ...more })
}

describe('whose credential it is', () => {
  it('is said by sub, and the key may be any', async () => {
    const token = await issueSdPosture(world, { holderKey: world.device.publicJwk })
    await expect(verify(await show(token, world.device))).resolves.toMatchObject({ subject: HOLDER })
  })

  it('is said by the key, where there is no sub', async () => {
    const { subject: _subject, ...anonymous } = { subject: HOLDER, holderKey: world.holder.publicJwk }
    const token = await issueUnnamed(anonymous.holderKey)
    await expect(verify(await show(token, world.holder))).resolves.toMatchObject({ subject: HOLDER })
  })

  it('is not said by a key that somebody else holds', async () => {
    const token = await issueUnnamed(world.device.publicJwk)
    expect(await refusal(verify(await show(token, world.device)))).toBe('COMITY_CREDENTIAL_HOLDER')
  })

  it('is said by the name of a key of the holder', async () => {
    const claims = sdClaims(world, { cnf: { kid: `${HOLDER}#key-1` } })
    const token = await signSdJwt(world.issuer.signer, claims)
    await expect(verify(await show(token, world.holder, []))).resolves.toMatchObject({ subject: HOLDER })
  })

  it('is not said by the name of a key of another, or of none', async () => {
    world.web.pages.set(
      'https://mallory.example/.well-known/did.json',
      documentOf('did:web:mallory.example', world.device),
    )
    for (const [kid, code] of [
      ['did:web:mallory.example#key-1', 'COMITY_CREDENTIAL_HOLDER'],
      [`${HOLDER}#key-9`, 'COMITY_DID_KEY_UNKNOWN'],
      ['key-1', 'COMITY_DID_INVALID'],
    ] as const) {
      const token = await signSdJwt(world.issuer.signer, sdClaims(world, { cnf: { kid } }))
      expect(await refusal(verify(await bindKey(token, world.holder)))).toBe(code)
    }
  })

  async function issueUnnamed(holderKey: SdJwtWorld['holder']['publicJwk']): Promise<string> {
    return issueSdJwtCredential({
      signer: world.issuer.signer,
      issuer: world.issuer.did,
      type: 'AgentPostureCredential',
      claims: POSTURE,
      holderKey,
      validFrom: NOW - 60,
      validUntil: NOW + 60,
    })
  }
})

describe('status, trust and type', () => {
  it('looks up the place in the token status list', async () => {
    const asked: unknown[] = []
    const status = { check: async (question: unknown) => void asked.push(question) }
    const token = await issueSdPosture(world, { status: { uri: 'https://acme.example/status/1', idx: 7 } })
    const credential = await verify(await show(token, world.holder), { status, requireStatus: true })
    const entries = [{ type: 'TokenStatusList', uri: 'https://acme.example/status/1', idx: 7 }]
    expect(asked).toMatchObject([{ entries, issuer: world.issuer.did }])
    expect(credential.status).toEqual(entries)
  })

  it('asks for trust in the type by its name here, or by its vct', async () => {
    const asked: string[] = []
    const trust = {
      judge: async ({ type }: { type: string }) => {
        asked.push(type)
        return { accepted: true, reason: 'test' }
      },
    }
    await verify(await show(await issueSdPosture(world), world.holder), { trust })
    const vct = 'https://example.com/person'
    const foreign = await signSdJwt(world.issuer.signer, sdClaims(world, { vct, patchAgeDays: 'many' }))
    await verify(await show(foreign, world.holder, []), { trust, type: vct })
    expect(asked).toEqual(['AgentPostureCredential', vct])
  })

  it('names each type', () => {
    expect(vctOf('AgentScopeCredential')).toBe('urn:comity:vct:AgentScopeCredential:1')
  })
})

describe('options and limits', () => {
  it('go together', async () => {
    const token = await issueSdPosture(world)
    const { keyBinding, format: _format, ...rest } = world.sdJwtOptions
    const broken: object[] = [
      { ...rest, format: 'dc+sd-jwt' },
      { ...rest, keyBinding },
      { ...rest, format: 'vc+sd-jwt', keyBinding },
      { ...rest, format: 'dc+sd-jwt', keyBinding: { nonce: '', audience: VERIFIER } },
      { ...rest, format: 'dc+sd-jwt', keyBinding: { nonce: NONCE, audience: '' } },
      { ...rest, format: 'dc+sd-jwt', keyBinding: { nonce: NONCE, audience: VERIFIER, maxAge: 0 } },
    ]
    for (const options of broken) {
      await expect(
        verifyCredential(token, options as Parameters<typeof verifyCredential>[1]),
      ).rejects.toBeInstanceOf(TypeError)
    }
  })

  it('bound size, disclosures and depth', async () => {
    expect(await refusal(verify('~'.repeat(65_537)))).toBe('COMITY_CREDENTIAL_TOO_LARGE')
    const many = Array.from({ length: 257 }, (_, index) => disclosureOf('s', `n${String(index)}`, 1))
    const claims = sdClaims(world, { _sd: many.map(digestOf) })
    expect(await answerTo(world, claims, many)).toBe('COMITY_CREDENTIAL_TOO_LARGE')
    expect(await answerTo(world, claims, many.slice(1))).toBe('no error')
    let inner = disclosureOf('s', 'leaf', 1)
    const chain = [inner]
    for (let depth = 0; depth < 16; depth++) {
      inner = disclosureOf('s', 'deeper', { _sd: [digestOf(inner)] })
      chain.push(inner)
    }
    const deep = (from: number): JsonObject => sdClaims(world, { _sd: [digestOf(chain[from] ?? '')] })
    expect(await answerTo(world, deep(16), chain)).toBe('COMITY_JSON_TOO_DEEP')
    expect(await answerTo(world, deep(15), chain.slice(0, 16))).toBe('no error')
  })

  it('list all that is wrong at once', async () => {
    const claims = sdClaims(world, { exp: NOW - 61, nbf: 0, patchAgeDays: -1, sub: 'did:web:other.example' })
    const faults = await explainCredential(await signSdJwt(world.issuer.signer, claims), world.sdJwtOptions)
    expect(faults.map(({ check, code }) => [check, code])).toEqual([
      ['times', 'COMITY_CREDENTIAL_EXPIRED'],
      ['schema', 'COMITY_CREDENTIAL_SCHEMA'],
      ['holder', 'COMITY_CREDENTIAL_HOLDER'],
    ])
  })
})
