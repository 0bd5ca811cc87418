import '../../src/testing/reflect.ts'
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509Certificate } from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import { createBundleHandler } from '../../src/spiffe/federation.ts'
import {
  createBundleSet,
  formatTrustBundle,
  parseTrustBundle,
  verifyJwtSvid,
  verifyX509Svid,
  type TrustBundle,
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

  it('[E2] has the next authorities served before they sign', async () => {
    const authority = await createSpiffeAuthority('acme.example', clock)
    const serve = createBundleHandler({ getBundle: authority.bundle })
    const served = async () =>
      parseTrustBundle(authority.trustDomain, await (await serve(new Request('https://a.example'))).text())
    const signed = async () => ({
      ders: (await authority.issueX509Svid('/a', { withIntermediate: true })).chain.map(({ der }) => der),
      token: await authority.issueJwtSvid('/a', 'globex'),
    })
    const verify = async ({ ders, token }: Awaited<ReturnType<typeof signed>>, bundle: TrustBundle) => {
      const bundles = createBundleSet([bundle])
      await verifyX509Svid(ders, { bundles, now })
      await verifyJwtSvid(token, { bundles, audience: 'globex', now })
    }
    const first = await served()
    await Promise.all([authority.prepare(), authority.prepare()])
    await authority.prepare()
    const prepared = await served()
    expect([prepared.x509Authorities.length, prepared.jwtAuthorities.size, prepared.sequence]).toEqual([
      2,
      2,
      2n,
    ])
    // Nobody needs the next ones yet …
    await expect(verify(await signed(), first)).resolves.toBeUndefined()
    await authority.rotate()
    // … and whoever asked before they signed has them.
    await expect(verify(await signed(), prepared)).resolves.toBeUndefined()
    await expect(verify(await signed(), first)).rejects.toThrow(ComityError)
    expect(await served()).toEqual(prepared)
    authority.dropOld()
    await expect(verify(await signed(), await served())).resolves.toBeUndefined()
    expect(await served()).toMatchObject({ sequence: 3n, x509Authorities: [prepared.x509Authorities[1]] })
  })

  it('[B5] marks the names of a leaf critical when it has no subject', async () => {
    const authority = await createSpiffeAuthority('acme.example', clock)
    const bundles = createBundleSet([authority.bundle()])
    for (const withSubject of [true, false, undefined]) {
      for (const withIntermediate of [true, false]) {
        const { chain } = await authority.issueX509Svid('/a', {
          withIntermediate,
          ...(withSubject !== undefined && { withSubject }),
        })
        for (const { der } of chain) {
          const { subject, extensions } = new X509Certificate(der)
          const names = extensions.filter(({ type }) => type === '2.5.29.17')
          expect(names).toHaveLength(1)
          expect(names[0]?.critical || subject !== '').toBe(true)
        }
        const [leaf] = chain.map(({ der }) => new X509Certificate(der))
        expect(leaf?.subject === '').toBe(withSubject === false)
        const ders = chain.map(({ der }) => der)
        expect((await verifyX509Svid(ders, { bundles, now })).id.uri).toBe('spiffe://acme.example/a')
      }
    }
  })

  it('[B6] makes nothing that issues but authorities that may sign certificates, at each rotation', async () => {
    const authority = await createSpiffeAuthority('acme.example', clock)
    await authority.rotate()
    await authority.prepare()
    const { chain } = await authority.issueX509Svid('/a', { withIntermediate: true })
    const issuing = [...authority.bundle().x509Authorities, ...chain.slice(1)].map(
      ({ der }) => new X509Certificate(der),
    )
    expect(issuing).toHaveLength(4)
    for (const certificate of issuing) {
      const constraints = certificate.getExtension(BasicConstraintsExtension)
      expect([constraints?.ca, constraints?.critical]).toEqual([true, true])
      const usage = certificate.getExtension(KeyUsagesExtension)
      expect((usage?.usages ?? 0) & KeyUsageFlags.keyCertSign).toBe(KeyUsageFlags.keyCertSign)
      expect(usage?.critical).toBe(true)
    }
    // What signed the leaf, and what signed that, is among them.
    const [leaf, intermediate] = chain.map(({ der }) => new X509Certificate(der))
    for (const each of [leaf, intermediate]) {
      const signers = await Promise.all(
        issuing.map(async ({ publicKey }) => each?.verify({ publicKey, signatureOnly: true })),
      )
      expect(signers.filter(Boolean)).toHaveLength(1)
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
