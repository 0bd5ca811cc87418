import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner, jwkThumbprint, signJws } from '../../src/keys/index.ts'
import * as experimental from '../../src/spiffe/experimental.ts'
import { issueWitSvid, parseWitSvid, presentWitSvid, witAuthorityOf } from '../../src/spiffe/experimental.ts'
import {
  createTrustBundle,
  formatTrustBundle,
  nextTrustBundle,
  parseSpiffeId,
  parseTrustDomain,
  type TrustBundle,
} from '../../src/spiffe/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { NOW } from './forge.ts'
import { createWitWorld, URL_OF_CALL, type WitWorld } from './wit-world.ts'

const acme = parseTrustDomain('acme.example')

const clock = { now: () => NOW }

const fails = (code: string): unknown => expect.objectContaining({ code })

let world: WitWorld

beforeAll(async () => {
  world = await createWitWorld()
})

const decode = (part = ''): JsonObject => JSON.parse(Buffer.from(part, 'base64url').toString()) as JsonObject

describe('the proof with a WIT-SVID', () => {
  it('[H20] is needed: nothing else makes a verified value', async () => {
    const makers = Object.keys(experimental).filter((name) => /verify|check|validate/.test(name))
    expect(makers).toEqual(['verifyWitSvid'])
    for (const proof of ['', world.token, undefined] as string[]) {
      await expect(world.verify({ token: world.token, proof })).rejects.toThrow(ComityError)
    }
  })

  it('[H20] is signed by the key of the WIT-SVID', async () => {
    const other = await generateSigner({ alg: 'ES256' })
    await expect(world.verify(await world.show(world.token, {}, other))).rejects.toThrow(
      fails('COMITY_SIGNATURE_INVALID'),
    )
    const stronger = await generateSigner({ alg: 'ES384' })
    await expect(world.verify(await world.show(world.token, {}, stronger))).rejects.toThrow(
      fails('COMITY_ALG_NOT_ALLOWED'),
    )
    await expect(world.verify(await world.show(world.token, {}, world.authority))).rejects.toThrow(
      fails('COMITY_SIGNATURE_INVALID'),
    )
  })

  it.each<[string, object, string]>([
    ['of another type', { typ: 'dpop+jwt' }, 'COMITY_JWT_TYP_MISMATCH'],
    ['for another WIT-SVID', { wth: 'AAAA' }, 'COMITY_JWT_CLAIM_INVALID'],
    ['for no WIT-SVID', { wth: undefined }, 'COMITY_JWT_CLAIM_INVALID'],
    ['without `jti`', { jti: undefined }, 'COMITY_JWT_CLAIM_INVALID'],
    ['with a `jti` that is too long', { jti: 'x'.repeat(257) }, 'COMITY_JWT_CLAIM_INVALID'],
    ['for another audience', { aud: 'https://evil.example/' }, 'COMITY_AUDIENCE_MISMATCH'],
    ['for several audiences', { aud: [URL_OF_CALL] }, 'COMITY_AUDIENCE_MISMATCH'],
    ['for none', { aud: undefined }, 'COMITY_AUDIENCE_MISMATCH'],
    ['without expiry', { exp: undefined }, 'COMITY_JWT_CLAIM_INVALID'],
    ['that has expired', { exp: NOW - 31 }, 'COMITY_TOKEN_EXPIRED'],
    ['[H28] that lives too long', { exp: NOW + 91 }, 'COMITY_JWT_CLAIM_INVALID'],
    ['that is not valid yet', { nbf: NOW + 31 }, 'COMITY_TOKEN_NOT_YET_VALID'],
  ])('[H20] is refused %s', async (_, proof, code) => {
    await expect(
      world.verify(await world.show(world.token, proof as Readonly<Record<string, unknown>>)),
    ).rejects.toThrow(fails(code))
  })

  it('[H28] lives as long as the verifier allows, and no longer', async () => {
    const shown = await world.show(world.token, { exp: NOW + 100 })
    await expect(world.verify(shown, { maxProofLifetime: 70 })).resolves.toBeDefined()
    await expect(world.verify(shown, { maxProofLifetime: 69 })).rejects.toThrow(
      fails('COMITY_JWT_CLAIM_INVALID'),
    )
    for (const maxProofLifetime of [0, 301, Number.NaN]) {
      await expect(world.verify(shown, { maxProofLifetime })).rejects.toThrow(TypeError)
    }
    await expect(world.verify(shown, { audience: '' })).rejects.toThrow(TypeError)
  })

  it('is taken once where proofs are remembered, also of many at once', async () => {
    const replay = createMemoryStore({ clock })
    const shown = await world.show()
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => world.verify(shown, { replay })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(world.verify(shown, { replay })).rejects.toThrow(fails('COMITY_WIT_PROOF_REPLAYED'))
  })

  it('is refused with any character changed, and any text is answered with a ComityError', async () => {
    const { token, proof } = await world.show()
    const change = (text: string, at: number): string => {
      const index = at % text.length
      return text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.boolean(), async (at, isToken) => {
        const shown = isToken ? { token: change(token, at), proof } : { token, proof: change(proof, at) }
        await expect(world.verify(shown)).rejects.toBeInstanceOf(ComityError)
      }),
      { numRuns: 200 },
    )
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        await expect(world.verify({ token: text, proof })).rejects.toBeInstanceOf(ComityError)
        await expect(world.verify({ token, proof: text })).rejects.toBeInstanceOf(ComityError)
      }),
    )
  })
})

describe('who issues and shows WIT-SVIDs', () => {
  it('[H1] [H3] [H4] [H5] [H6] [H8] [H9] [H10] [H11] [H16] [H17] [H19] sets what is asked for, and nothing else', async () => {
    const { authority, bundle, holder } = world
    const id = parseSpiffeId('spiffe://acme.example/a')
    const issue = () => issueWitSvid({ signer: authority, bundle, id, holder: holder.publicJwk, clock })
    const tokens = [await issue(), await issue()]
    const [header, claims] = (tokens[0] ?? '').split('.').slice(0, 2).map(decode)
    const { kty, crv, x, y } = holder.publicJwk
    expect(header).toEqual({ alg: 'ES256', typ: 'wit+jwt', kid: jwkThumbprint(authority.publicJwk) })
    expect(claims).toEqual({
      sub: id.uri,
      iat: NOW,
      exp: NOW + 3600,
      jti: expect.any(String) as string,
      cnf: { jwk: { kty, crv, x, y, alg: 'ES256' } },
    })
    expect(new Set(tokens.map((token) => decode(token.split('.')[1])['jti'])).size).toBe(2)
  })

  it('[H3] [H25] [H26] gives each key one name in the bundle', async () => {
    const signers = [
      await generateSigner({ alg: 'ES256', kid: 'same' }),
      await generateSigner({ alg: 'ES384', kid: 'same' }),
    ]
    const bundle = createTrustBundle({ trustDomain: acme, witAuthorities: signers.map(witAuthorityOf) })
    const { keys } = JSON.parse(formatTrustBundle(bundle)) as { keys: JsonObject[] }
    expect(keys.map(({ use }) => use)).toEqual(['wit-svid', 'wit-svid'])
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(2)
    const [authority] = bundle.witAuthorities.values()
    expect(() =>
      createTrustBundle({ trustDomain: acme, witAuthorities: [authority!], jwtAuthorities: [authority!] }),
    ).toThrow(ComityError)
  })

  it('issues only with algorithms that are allowed, and not for long', async () => {
    const { authority: signer, bundle, holder } = world
    const [id, odd] = [parseSpiffeId('spiffe://acme.example/a'), await generateSigner({ alg: 'Ed25519' })]
    const good = { signer, bundle, id, holder: holder.publicJwk }
    await expect(issueWitSvid({ ...good, signer: odd })).rejects.toThrow(TypeError)
    await expect(issueWitSvid({ ...good, holder: odd.publicJwk })).rejects.toThrow(TypeError)
    for (const lifetime of [0, 1.5, 86_401]) {
      await expect(issueWitSvid({ ...good, lifetime })).rejects.toThrow(TypeError)
    }
    expect(() => witAuthorityOf(odd)).toThrow(TypeError)
  })

  it('[E2] signs with a new key only once the published bundle has it', async () => {
    const { authority, bundle, holder } = world
    const id = parseSpiffeId('spiffe://acme.example/a')
    const signer = await generateSigner({ alg: 'ES256' })
    const issue = (published: TrustBundle) =>
      issueWitSvid({ signer, bundle: published, id, holder: holder.publicJwk })
    await expect(issue(bundle)).rejects.toThrow('options.bundle must have the key of options.signer')
    const { kid } = witAuthorityOf(signer)
    const other = { ...witAuthorityOf(authority), kid }
    await expect(issue(nextTrustBundle(bundle, { witAuthorities: [other] }))).rejects.toThrow(TypeError)
    const next = nextTrustBundle(bundle, {
      witAuthorities: [witAuthorityOf(authority), witAuthorityOf(signer)],
    })
    expect(parseWitSvid(await issue(next)).id.uri).toBe(id.uri)
    const elsewhere = createTrustBundle({
      trustDomain: parseTrustDomain('globex.example'),
      witAuthorities: [witAuthorityOf(signer)],
    })
    await expect(issue(elsewhere)).rejects.toThrow('options.bundle must be of the trust domain')
  })

  it('[H21] [H22] [H23] [H24] shows it with a proof for one URL, in two headers of their own', async () => {
    const { token, holder } = world
    const shown = await presentWitSvid({ token, signer: holder, url: `${URL_OF_CALL}?a=b#c`, clock })
    expect(Object.keys(shown).sort()).toEqual(['proof', 'token'])
    const [header, claims] = shown.proof.split('.').slice(0, 2).map(decode)
    expect(header).toMatchObject({ typ: 'wpt+jwt', alg: 'ES256' })
    expect(claims).toMatchObject({ aud: URL_OF_CALL, exp: NOW + 30 })
    await expect(world.verify(shown)).resolves.toBeDefined()
    const stranger = await generateSigner({ alg: 'ES256' })
    await expect(presentWitSvid({ token, signer: stranger, url: URL_OF_CALL })).rejects.toThrow(TypeError)
  })

  it('[H28] [H30] shows it over https alone, and not for long', async () => {
    const { token, holder: signer } = world
    for (const url of ['http://globex.example/', 'ws://globex.example', 'globex.example']) {
      await expect(presentWitSvid({ token, signer, url })).rejects.toThrow(TypeError)
    }
    await expect(presentWitSvid({ token, signer, url: URL_OF_CALL, lifetime: 301 })).rejects.toThrow(
      TypeError,
    )
  })

  it('reads its own', async () => {
    expect(parseWitSvid(world.token)).toMatchObject({
      id: { uri: 'spiffe://acme.example/ledger' },
      holder: { alg: 'ES256' },
    })
    const jwt = await signJws({ header: { typ: 'JWT' }, payload: world.claims, signer: world.authority })
    expect(() => parseWitSvid(jwt)).toThrow(fails('COMITY_JWT_TYP_MISMATCH'))
  })
})
