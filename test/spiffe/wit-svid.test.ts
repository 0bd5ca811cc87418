import { beforeAll, describe, expect, it } from 'vitest'
import { encodeBase64url, encodeUtf8, type JsonObject } from '../../src/encoding/index.ts'
import { generateSigner, jwkThumbprint } from '../../src/keys/index.ts'
import {
  assertVerifiedWitSvid,
  witAuthorityOf,
  type PresentedWitSvid,
} from '../../src/spiffe/experimental.ts'
import {
  createBundleSet,
  createTrustBundle,
  parseTrustDomain,
  verifyJwtSvid,
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

/** Shows a token that the authority signed, with other claims or header parameters, and a good proof. */
async function verifyWith(claims: JsonObject, header: JsonObject = {}): Promise<unknown> {
  const { sign, show, verify } = world
  const kept = Object.entries({ ...world.claims, ...claims }).filter(([, value]) => value !== null)
  return verify(await show(await sign(Object.fromEntries(kept), header)))
}

/** A WIT-SVID whose header is just so; the signature is of no use. */
function raw(header: object): PresentedWitSvid {
  const [head, payload] = [header, world.claims].map((part) =>
    encodeBase64url(encodeUtf8(JSON.stringify(part))),
  )
  return { token: `${head ?? ''}.${payload ?? ''}.AAAA`, proof: 'x' }
}

describe('a WIT-SVID', () => {
  it('verifies with its proof, and is what it says', async () => {
    const svid = await world.verify(await world.show())
    const { x } = world.holder.publicJwk
    expect({ ...svid }).toMatchObject({
      id: { uri: 'spiffe://acme.example/ledger' },
      expiresAt: NOW + 3600,
      kid: jwkThumbprint(world.authority.publicJwk),
      holderJwk: { x },
    })
    expect(() => assertVerifiedWitSvid(svid)).not.toThrow()
    expect(() => assertVerifiedWitSvid({ ...svid })).toThrow(TypeError)
  })

  it('[H1] has a `kid`', async () => {
    for (const kid of [undefined, '']) {
      await expect(world.verify(raw({ alg: 'ES256', typ: 'wit+jwt', kid }))).rejects.toThrow(
        fails('COMITY_JWT_CLAIM_INVALID'),
      )
    }
  })

  it('[H2] names its authority letter by letter', async () => {
    const { kid } = world.authority
    const other = kid === kid.toLowerCase() ? kid.toUpperCase() : kid.toLowerCase()
    await expect(world.verify(raw({ alg: 'ES256', typ: 'wit+jwt', kid: other }))).rejects.toThrow(
      fails('COMITY_JWT_AUTHORITY_UNKNOWN'),
    )
  })

  it('[H4] [H23] [A25] is of its type, and a JWT-SVID is none', async () => {
    for (const typ of ['JWT', 'WIT+JWT', 'wit', 'application/wit+jwt', 'wpt+jwt']) {
      await expect(verifyWith({}, { typ })).rejects.toThrow(fails('COMITY_JWT_TYP_MISMATCH'))
    }
    await expect(world.verify(raw({ alg: 'ES256', kid: 'k' }))).rejects.toThrow(
      fails('COMITY_JWT_TYP_MISMATCH'),
    )
    const asJwtSvid = verifyJwtSvid(world.token, { bundles: createBundleSet(), audience: 'a', now: NOW })
    await expect(asJwtSvid).rejects.toThrow(fails('COMITY_JWT_TYP_MISMATCH'))
  })

  it.each(['EdDSA', 'Ed25519', 'HS256', 'none', 'ES256K', undefined])(
    '[H5] is refused with the algorithm %s',
    async (alg) => {
      await expect(world.verify(raw({ alg, typ: 'wit+jwt', kid: 'k' }))).rejects.toThrow(
        fails('COMITY_ALG_NOT_ALLOWED'),
      )
    },
  )

  it('[H7] [H18] is judged without the parameters and claims that are not known', async () => {
    await expect(verifyWith({ role: 'x', iss: 'y' }, { extra: 'x' })).resolves.toMatchObject({
      claims: { role: 'x' },
    })
    await expect(
      world.verify(raw({ alg: 'ES256', typ: 'wit+jwt', kid: 'k', crit: ['x'], x: 1 })),
    ).rejects.toThrow(fails('COMITY_JWS_MALFORMED'))
  })

  it('[H8] has a SPIFFE ID as subject', async () => {
    await expect(verifyWith({ sub: null })).rejects.toThrow(fails('COMITY_JWT_CLAIM_INVALID'))
    for (const sub of ['', 'ledger', 'wimse://acme.example/a', 'spiffe://ACME.example/a']) {
      await expect(verifyWith({ sub })).rejects.toThrow(fails('COMITY_SPIFFE_ID_INVALID'))
    }
  })

  it('[H9] [H10] has a key of whom it was made out to, and its algorithm', async () => {
    const { jwk } = world.claims['cnf'] as { jwk: JsonObject }
    const bad: (JsonObject | string)[] = ['x', {}, { jwk: 'x' }, { jwk: {} }, { kid: 'k' }]
    for (const alg of [undefined, 7, 'HS256', 'EdDSA', 'ES384', 'RS256']) {
      bad.push({ jwk: JSON.parse(JSON.stringify({ ...jwk, alg })) as JsonObject })
    }
    bad.push(
      { jwk: { ...jwk, crv: 'P-384' } },
      { jwk: { ...jwk, d: 'AAAA' } },
      { jwk: { kty: 'oct', k: 'AAAA', alg: 'HS256' } },
    )
    for (const cnf of bad)
      await expect(verifyWith({ cnf }), JSON.stringify(cnf)).rejects.toThrow(
        fails('COMITY_JWT_CLAIM_INVALID'),
      )
    await expect(verifyWith({ cnf: null })).rejects.toThrow(fails('COMITY_JWT_CLAIM_INVALID'))
  })

  it('[H12] may be shown again and again, whatever its `jti`', async () => {
    const replay = createMemoryStore({ clock })
    for (let shown = 0; shown < 3; shown += 1) {
      await expect(world.verify(await world.show(), { replay })).resolves.toBeDefined()
    }
  })

  it('[H13] has an expiry, and is refused after it', async () => {
    await expect(verifyWith({ exp: null })).rejects.toThrow(fails('COMITY_JWT_CLAIM_INVALID'))
    await expect(verifyWith({ exp: NOW - 31 })).rejects.toThrow(fails('COMITY_TOKEN_EXPIRED'))
    await expect(verifyWith({ exp: NOW - 29 })).resolves.toBeDefined()
    await expect(world.verify(await world.show(), { clockTolerance: 121 })).rejects.toThrow(TypeError)
  })

  it('[H14] [H15] is refused before `nbf`, and not before `iat`', async () => {
    await expect(verifyWith({ nbf: NOW + 31 })).rejects.toThrow(fails('COMITY_TOKEN_NOT_YET_VALID'))
    await expect(verifyWith({ iat: NOW + 1000 })).resolves.toBeDefined()
  })

  it('[H17] is not made out to an audience', async () => {
    for (const aud of [URL_OF_CALL, [URL_OF_CALL], []]) {
      await expect(verifyWith({ aud })).rejects.toThrow(fails('COMITY_JWT_CLAIM_INVALID'))
    }
  })

  it('[H25] [H27] is verified with keys for such alone', async () => {
    const key = witAuthorityOf(world.authority)
    const of = (parts: object) => createBundleSet([createTrustBundle({ trustDomain: acme, ...parts })])
    const shown = await world.show()
    await expect(world.verify(shown, { bundles: of({ jwtAuthorities: [key] }) })).rejects.toThrow(
      fails('COMITY_JWT_AUTHORITY_UNKNOWN'),
    )
    await expect(world.verify(shown, { bundles: of({ witAuthorities: [key] }) })).resolves.toBeDefined()
    await expect(world.verify(shown, { bundles: createBundleSet() })).rejects.toThrow(
      fails('COMITY_TRUST_DOMAIN_UNKNOWN'),
    )
  })

  it('is refused with a signature by another key', async () => {
    const forged = await world.sign(
      world.claims,
      {},
      { ...(await generateSigner({ alg: 'ES256' })), kid: world.authority.kid },
    )
    await expect(world.verify(await world.show(forged))).rejects.toThrow(fails('COMITY_SIGNATURE_INVALID'))
  })
})
