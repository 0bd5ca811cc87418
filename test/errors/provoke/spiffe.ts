import type { ComityErrorCode } from '../../../src/errors/index.ts'
import {
  authorizeId,
  createBundleSet,
  parseCertificate,
  parseEndpointAddress,
  parseSpiffeId,
  parseTrustBundle,
  parseTrustDomain,
  parseX509Svid,
  verifyJwtSvid,
  verifyX509Svid,
} from '../../../src/spiffe/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { createSpiffeAuthority, createTestClock } from '../../../src/testing/index.ts'
import { createWitWorld } from '../../spiffe/wit-world.ts'
import {
  bundlesOf,
  Extension,
  KeyUsageFlags,
  forge,
  forgeLeaf,
  NOW,
  type Recipe,
} from '../../spiffe/forge.ts'

const acme = parseTrustDomain('acme.example')
const [ledger, mallory] = ['spiffe://acme.example/ledger', 'spiffe://acme.example/mallory'].map(parseSpiffeId)

/** Verifies a workload's certificate that is not as it should be, or signed by another than should be. */
async function verifyLeaf(leaf: Recipe, root: Recipe = {}, isKnown = true): Promise<void> {
  const authority = await forge(root)
  const { der } = await forgeLeaf(authority, undefined, leaf)
  const bundles = bundlesOf('acme.example', isKnown ? authority : await forge(root))
  await verifyX509Svid([der], { bundles, now: NOW })
}

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const spiffe = {
  COMITY_SPIFFE_ID_INVALID: () => parseSpiffeId('spiffe://acme.example/'),
  COMITY_CERTIFICATE_MALFORMED: () => parseCertificate(new Uint8Array([0x30, 0])),
  COMITY_CERTIFICATE_EXPIRED: () => verifyLeaf({ notAfter: NOW - 1 }),
  COMITY_CERTIFICATE_NOT_YET_VALID: () => verifyLeaf({ notBefore: NOW + 1 }),
  COMITY_CERTIFICATE_EXTENSION: () =>
    verifyLeaf({ extensions: [new Extension('1.2.3', true, new Uint8Array([5, 0]))] }),
  COMITY_CERTIFICATE_CONSTRAINT: () => verifyLeaf({}, { isCa: false }),
  COMITY_CERTIFICATE_PATH: () => verifyLeaf({}, {}, false),
  COMITY_X509_SVID_URI: () => verifyLeaf({ names: [] }),
  COMITY_X509_SVID_CA: () => verifyLeaf({ isCa: true }),
  COMITY_X509_SVID_KEY_USAGE: () => verifyLeaf({ keyUsage: KeyUsageFlags.keyAgreement }),
  COMITY_X509_SVID_KEY: async () => {
    const { der } = await forgeLeaf(await forge({}))
    await parseX509Svid(der, new Uint8Array([0x30, 0]))
  },
  COMITY_BUNDLE_MALFORMED: () => parseTrustBundle(acme, '{}'),
  COMITY_ENDPOINT_ADDRESS_INVALID: () => parseEndpointAddress('http://127.0.0.1'),
  COMITY_WIT_PROOF_REPLAYED: async () => {
    const { show, verify } = await createWitWorld()
    const [shown, replay] = [await show(), createMemoryStore({ clock: { now: () => NOW } })]
    await verify(shown, { replay })
    await verify(shown, { replay })
  },
  COMITY_TRUST_DOMAIN_UNKNOWN: async () => {
    const { der } = await forgeLeaf(await forge({}))
    await verifyX509Svid([der], { bundles: createBundleSet(), now: NOW })
  },
  COMITY_JWT_AUTHORITY_UNKNOWN: async () => {
    const clock = createTestClock()
    const authority = await createSpiffeAuthority('acme.example', clock)
    const token = await authority.issueJwtSvid('/ledger', 'globex')
    await authority.rotate()
    authority.dropOld()
    const bundles = createBundleSet([authority.bundle()])
    await verifyJwtSvid(token, { bundles, audience: 'globex', now: clock.now() })
  },
  COMITY_SPIFFE_ID_NOT_AUTHORIZED: () => {
    authorizeId(ledger!)(mallory!)
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
