import { generateSigner, signJws, type Signer } from '../../src/keys/index.ts'
import {
  createBundleSet,
  createTrustBundle,
  parseSpiffeId,
  parseTrustDomain,
  type TrustBundle,
} from '../../src/spiffe/index.ts'
import {
  issueWitSvid,
  presentWitSvid,
  verifyWitSvid,
  witAuthorityOf,
  type PresentedWitSvid,
  type VerifiedWitSvid,
  type VerifyWitSvidOptions,
} from '../../src/spiffe/experimental.ts'
import { sha256 } from '../../src/runtime/index.ts'
import { encodeBase64url, encodeUtf8, type JsonObject } from '../../src/encoding/index.ts'
import { NOW } from './forge.ts'

const clock = { now: () => NOW }

/** Where the WIT-SVIDs of these tests are shown. */
export const URL_OF_CALL = 'https://globex.example/invoices'

/** A trust domain that issues WIT-SVIDs, and a workload that has one. */
export interface WitWorld {
  readonly authority: Signer
  /** The bundle that has its key. */
  readonly bundle: TrustBundle
  readonly holder: Signer
  readonly token: string
  /** A WIT-SVID with other header parameters and claims than the issuer would sign. */
  sign(claims: JsonObject, header?: JsonObject, signer?: Signer): Promise<string>
  /** The claims of a good one. */
  readonly claims: JsonObject
  /** Shows a token with a proof; undefined members are left out of it. */
  show(token?: string, proof?: Readonly<Record<string, unknown>>, signer?: Signer): Promise<PresentedWitSvid>
  verify(shown: PresentedWitSvid, options?: Partial<VerifyWitSvidOptions>): Promise<VerifiedWitSvid>
}

/** Makes such a world. */
export async function createWitWorld(): Promise<WitWorld> {
  const [authority, holder] = [await generateSigner({ alg: 'ES256' }), await generateSigner({ alg: 'ES256' })]
  const id = parseSpiffeId('spiffe://acme.example/ledger')
  const bundle = createTrustBundle({
    trustDomain: parseTrustDomain('acme.example'),
    witAuthorities: [witAuthorityOf(authority)],
  })
  const bundles = createBundleSet([bundle])
  const token = await issueWitSvid({ signer: authority, bundle, id, holder: holder.publicJwk, clock })
  const { kty, crv, x, y = '' } = holder.publicJwk
  return {
    authority,
    bundle,
    holder,
    token,
    claims: { sub: id.uri, exp: NOW + 60, cnf: { jwk: { kty, crv, x, y, alg: 'ES256' } } },
    sign: (claims, header = {}, signer = authority) =>
      signJws({ header: { typ: 'wit+jwt', ...header }, payload: claims, signer }),
    async show(shown = token, proof = {}, signer = holder) {
      if (Object.keys(proof).length === 0 && signer === holder && shown === token) {
        return presentWitSvid({ token, signer: holder, url: URL_OF_CALL, clock })
      }
      const { typ = 'wpt+jwt', ...claims } = proof
      const payload = {
        aud: URL_OF_CALL,
        exp: NOW + 30,
        jti: 'one',
        wth: encodeBase64url(sha256(encodeUtf8(shown))),
        ...claims,
      }
      const kept = Object.fromEntries(
        Object.entries(payload).filter(([, value]: [string, unknown]) => value !== undefined),
      )
      return {
        token: shown,
        proof: await signJws({ header: { typ: String(typ) }, payload: kept, signer }),
      }
    },
    verify: (shown, options = {}) =>
      verifyWitSvid(shown, { bundles, audience: URL_OF_CALL, now: NOW, ...options }),
  }
}
