import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import { verifyX509SvidNow } from '../../src/spiffe/index.ts'
import { createSpiffeAuthority, createTestClock } from '../../src/testing/index.ts'
import { bundlesOf, KeyUsageFlags, forge, forgeLeaf, NOW, type Party, type Recipe } from './forge.ts'
import { ACME, url, critical, root, bundles, verify, fails } from './x509-world.ts'

const { digitalSignature } = KeyUsageFlags

/** A leaf below an intermediate that is right but for what is said. */
async function chainWith(recipe: Recipe, leaf: Recipe = {}, issuer = root): Promise<readonly Party[]> {
  const intermediate = await forge({ name: 'CN=between', issuer, ...recipe })
  return [await forgeLeaf(intermediate, undefined, leaf), intermediate]
}

describe('the path of an X.509-SVID', () => {
  it('goes over what is sent along, in any order, and ends at the first authority', async () => {
    const first = await forge({ name: 'CN=1', issuer: root })
    const second = await forge({ name: 'CN=2', issuer: first })
    const leaf = await forgeLeaf(second)
    expect((await verify([leaf, first, second])).path).toHaveLength(4)
    expect((await verify([leaf, second, first, root])).path).toHaveLength(4)
    expect((await verify([leaf, second], NOW, bundlesOf('acme.example', first))).path).toHaveLength(3)
  })

  it('[B23] is refused with the leaf not first, a part missing, or a root of the peer', async () => {
    const [leaf, between] = await chainWith({})
    await expect(verify([between!, leaf!])).rejects.toThrow(ComityError)
    await expect(verify([leaf!])).rejects.toThrow(fails('COMITY_CERTIFICATE_PATH'))
    const own = await forge({ name: 'CN=acme' })
    await expect(verify([await forgeLeaf(own), own])).rejects.toThrow(fails('COMITY_CERTIFICATE_PATH'))
  })

  it('[B23] is refused where a signature on the way is by another key', async () => {
    const between = await forge({ name: 'CN=between', issuer: root })
    const impostor = await forge({ name: 'CN=between', issuer: await forge({ name: 'CN=acme' }) })
    const [leaf, forged] = [await forgeLeaf(between), await forgeLeaf(impostor)]
    await expect(verify([forged, between])).rejects.toThrow(fails('COMITY_CERTIFICATE_PATH'))
    await expect(verify([forged, impostor])).rejects.toThrow(fails('COMITY_CERTIFICATE_PATH'))
    await expect(verify([leaf, impostor, between])).resolves.toBeDefined()
  })

  it.each<[string, Recipe, string]>([
    ['[B6] [B19] that is no authority', { isCa: false }, 'COMITY_CERTIFICATE_CONSTRAINT'],
    ['[B6] without basic constraints', { isCa: undefined }, 'COMITY_CERTIFICATE_CONSTRAINT'],
    ['[B19] that may not sign certificates', { keyUsage: digitalSignature }, 'COMITY_CERTIFICATE_CONSTRAINT'],
    ['[B14] [B19] without key usage', { keyUsage: undefined }, 'COMITY_CERTIFICATE_CONSTRAINT'],
    ['[B8] whose ID has a path', { names: [url(`${ACME}/ca`)] }, 'COMITY_CERTIFICATE_CONSTRAINT'],
    ['[B8] whose ID is none', { names: [url('spiffe://ACME')] }, 'COMITY_CERTIFICATE_CONSTRAINT'],
    ['[B23] with a critical extension', { extensions: [critical] }, 'COMITY_CERTIFICATE_EXTENSION'],
    ['[B24] that has expired', { notAfter: NOW - 1 }, 'COMITY_CERTIFICATE_EXPIRED'],
    ['[B24] that is not valid yet', { notBefore: NOW + 1 }, 'COMITY_CERTIFICATE_NOT_YET_VALID'],
  ])('is refused with an intermediate %s', async (_, recipe, code) => {
    await expect(verify(await chainWith(recipe))).rejects.toThrow(fails(code))
  })

  it.each<[string, Recipe, string]>([
    ['[B8] whose ID has a path', { names: [url(`${ACME}/ca`)] }, 'COMITY_CERTIFICATE_CONSTRAINT'],
    ['[B24] that has expired', { notAfter: NOW - 1 }, 'COMITY_CERTIFICATE_EXPIRED'],
    ['[B24] that is not valid yet', { notBefore: NOW + 1 }, 'COMITY_CERTIFICATE_NOT_YET_VALID'],
    ['[B12] that allows none below', { pathLength: 0 }, 'COMITY_CERTIFICATE_CONSTRAINT'],
  ])('is refused with a root %s', async (_, recipe, code) => {
    const other = await forge({ name: 'CN=acme', ...recipe })
    const chain = await chainWith({}, {}, other)
    await expect(verify(chain, NOW, bundlesOf('acme.example', other))).rejects.toThrow(fails(code))
  })

  it('[B7] an intermediate without an ID is accepted, as is one with that of the trust domain', async () => {
    await expect(verify(await chainWith({}))).resolves.toBeDefined()
    await expect(verify(await chainWith({ names: [url(ACME)] }))).resolves.toBeDefined()
  })

  it('[B10] a leaf does not issue', async () => {
    const issuer = await forgeLeaf(root, `${ACME}/issuer`, { name: 'CN=issuer' })
    await expect(verify([await forgeLeaf(issuer), issuer])).rejects.toThrow(
      fails('COMITY_CERTIFICATE_CONSTRAINT'),
    )
  })

  it('[B12] [B23] path lengths are kept, and those that a CA made for itself do not count', async () => {
    const zero = await forge({ name: 'CN=zero', issuer: root, pathLength: 0 })
    await expect(verify([await forgeLeaf(zero), zero])).resolves.toBeDefined()
    const below = await forge({ name: 'CN=below', issuer: zero })
    await expect(verify([await forgeLeaf(below), below, zero])).rejects.toThrow(
      fails('COMITY_CERTIFICATE_CONSTRAINT'),
    )
    const renewed = await forge({ name: 'CN=zero', issuer: zero })
    await expect(verify([await forgeLeaf(renewed), renewed, zero])).resolves.toBeDefined()
  })

  it('does not go round in circles, nor try for ever', async () => {
    const [a, b] = [await forge({ name: 'CN=a' }), await forge({ name: 'CN=b' })]
    const [ab, ba] = [
      await forge({ name: 'CN=a', keys: a.keys, issuer: b }),
      await forge({ name: 'CN=b', keys: b.keys, issuer: a }),
    ]
    const leaf = await forgeLeaf(a)
    await expect(verify([leaf, ab, ba, a, b])).rejects.toThrow(fails('COMITY_CERTIFICATE_PATH'))
    const twins = await Promise.all(
      Array.from({ length: 9 }, () => forge({ name: 'CN=a', keys: a.keys, issuer: a })),
    )
    let asked = 0
    const chain = [leaf, ...twins].map(({ der }) => der)
    const verifyTwins = (): unknown =>
      verifyX509SvidNow(chain, { bundles, now: NOW }, () => {
        asked += 1
        return true
      })
    expect(verifyTwins).toThrow(fails('COMITY_CERTIFICATE_PATH'))
    expect(asked).toBeLessThanOrEqual(32)
    await expect(verify([leaf, ...twins, a])).rejects.toThrow(fails('COMITY_CERTIFICATE_MALFORMED'))
  })

  it('asks for each signature when it is driven without waiting', async () => {
    const chain = (await chainWith({})).map(({ der }) => der)
    const asked: string[] = []
    const svid = verifyX509SvidNow(chain, { bundles, now: NOW }, ({ certificate }) => {
      asked.push(certificate.fingerprint)
      return true
    })
    expect(asked).toEqual(svid.path.slice(0, 2).map(({ fingerprint }) => fingerprint))
    expect(() => verifyX509SvidNow(chain, { bundles, now: NOW }, () => false)).toThrow(
      fails('COMITY_CERTIFICATE_PATH'),
    )
  })
})

describe('the authority of the test kit', () => {
  it('[A21] [A22] [A23] [B6] [B7] [B9] [B14] makes roots and intermediates that are SVIDs of their trust domain', async () => {
    const authority = await createSpiffeAuthority('acme.example', createTestClock(NOW))
    authority.dropOld()
    const roots = authority.bundle().x509Authorities
    const { chain } = await authority.issueX509Svid('/a', { withIntermediate: true })
    expect(roots).toHaveLength(1)
    for (const each of [...roots, ...chain.slice(1)]) {
      expect(each.uris).toEqual([ACME])
      expect(each.isCa).toBe(true)
      expect((each.keyUsage ?? 0) & 32).toBe(32)
    }
  })

  it('[B4] [B11] [B14] [B15] [B16] [B17] [B20] [B21] makes leaves that are as they should be', async () => {
    const authority = await createSpiffeAuthority('acme.example', createTestClock(NOW))
    const { chain } = await authority.issueX509Svid('/a')
    expect(chain[0]).toMatchObject({
      uris: [`${ACME}/a`],
      isCa: false,
      keyUsage: 1,
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
    })
    await expect(authority.issueX509Svid('')).rejects.toThrow(ComityError)
  })
})
