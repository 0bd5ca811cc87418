import { describe, expect, it } from 'vitest'
import {
  createBundleSet,
  formatTrustBundle,
  parseTrustBundle,
  verifyJwtSvid,
  verifyX509Svid,
} from '../../src/spiffe/index.ts'
import { createSpiffeAuthority, createTestClock } from '../../src/testing/index.ts'

const clock = createTestClock()
const now = clock.now()

describe('the authority of the test kit', () => {
  it('issues SVIDs that verify against its bundle, also after the bundle was written and read', async () => {
    const authority = await createSpiffeAuthority('acme.example', clock)
    const bundles = createBundleSet([
      parseTrustBundle(authority.trustDomain, formatTrustBundle(authority.bundle())),
    ])
    const svid = await authority.issueX509Svid('/agents/ledger', { withIntermediate: true })
    const verified = await verifyX509Svid(
      svid.chain.map(({ der }) => der),
      { bundles, now },
    )
    expect([verified.id.uri, verified.path.length]).toEqual(['spiffe://acme.example/agents/ledger', 3])
    const token = await authority.issueJwtSvid('/agents/ledger', 'globex')
    expect((await verifyJwtSvid(token, { bundles, audience: 'globex', now })).id.uri).toBe(verified.id.uri)
  })

  it('[E2] signs with a new authority only once the bundle has it', async () => {
    const authority = await createSpiffeAuthority('acme.example', clock)
    const rotating = authority.rotate()
    for (let turn = 0; turn < 8; turn += 1) {
      if (turn === 4) await rotating
      const published = createBundleSet([authority.bundle()])
      const { chain } = await authority.issueX509Svid('/a')
      const token = await authority.issueJwtSvid('/a', 'globex')
      const bundles = turn < 4 ? createBundleSet([authority.bundle()]) : published
      const ders = chain.map(({ der }) => der)
      await expect(verifyX509Svid(ders, { bundles, now })).resolves.toBeDefined()
      await expect(verifyJwtSvid(token, { bundles, audience: 'globex', now })).resolves.toBeDefined()
    }
  })

  it('goes over to new authorities', async () => {
    const authority = await createSpiffeAuthority('acme.example', clock)
    const old = await authority.issueX509Svid('/a')
    await authority.rotate()
    const chain = old.chain.map(({ der }) => der)
    const verify = () => verifyX509Svid(chain, { bundles: createBundleSet([authority.bundle()]), now })
    await expect(verify()).resolves.toBeDefined()
    authority.dropOld()
    await expect(verify()).rejects.toMatchObject({ code: 'COMITY_CERTIFICATE_PATH' })
  })
})
