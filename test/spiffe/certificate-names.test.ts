import { AsnConvert } from '@peculiar/asn1-schema'
import { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints } from '@peculiar/asn1-x509'
import { describe, expect, it } from 'vitest'
import { verifyX509Svid } from '../../src/spiffe/index.ts'
import { bundlesOf, Extension, type JsonGeneralName, forge, forgeLeaf, NOW } from './forge.ts'

type Names = readonly Partial<GeneralName>[]

/** Name constraints as a critical extension. */
function constraints(permitted: Names, excluded: Names = []): Extension {
  const subtrees = (names: Names): GeneralSubtrees =>
    new GeneralSubtrees(names.map((name) => new GeneralSubtree({ base: new GeneralName(name) })))
  const value = new NameConstraints({
    ...(permitted.length > 0 && { permittedSubtrees: subtrees(permitted) }),
    ...(excluded.length > 0 && { excludedSubtrees: subtrees(excluded) }),
  })
  return new Extension('2.5.29.30', true, AsnConvert.serialize(value))
}

const uri = (text: string): Partial<GeneralName> => ({ uniformResourceIdentifier: text })
const dns = (text: string): Partial<GeneralName> => ({ dNSName: text })

/** Whether a leaf with these names verifies below an authority with these constraints. */
async function judge(extension: Extension, names: readonly JsonGeneralName[], host: string): Promise<string> {
  const root = await forge({ extensions: [extension] })
  const leaf = await forgeLeaf(root, undefined, {
    name: '',
    names: [{ type: 'url', value: `spiffe://${host}/a` }, ...names],
  })
  try {
    await verifyX509Svid([leaf.der], { bundles: bundlesOf(host, root), now: NOW })
    return 'accepted'
  } catch (error) {
    return (error as { code: string }).code
  }
}

const BROKEN = 'COMITY_CERTIFICATE_CONSTRAINT'
const MALFORMED = 'COMITY_CERTIFICATE_MALFORMED'

describe('name constraints', () => {
  it.each<[string, Names, Names, string, string]>([
    ['the host itself', [uri('acme.example')], [], 'acme.example', 'accepted'],
    ['another case', [uri('ACME.example')], [], 'acme.example', 'accepted'],
    ['a host below it', [uri('acme.example')], [], 'a.acme.example', BROKEN],
    ['a look-alike', [uri('acme.example')], [], 'evil-acme.example', BROKEN],
    ['a domain with a period', [uri('.acme.example')], [], 'a.b.acme.example', 'accepted'],
    ['the domain itself', [uri('.acme.example')], [], 'acme.example', BROKEN],
    ['a look-alike of the domain', [uri('.acme.example')], [], 'evilacme.example', BROKEN],
    ['one of several', [uri('other.example'), uri('acme.example')], [], 'acme.example', 'accepted'],
    ['excluded', [], [uri('acme.example')], 'acme.example', BROKEN],
    ['excluded below', [], [uri('.example')], 'acme.example', BROKEN],
    ['permitted and excluded', [uri('.example')], [uri('acme.example')], 'acme.example', BROKEN],
    ['others excluded', [], [uri('other.example')], 'acme.example', 'accepted'],
    ['an address as trust domain', [uri('.1')], [], '127.0.0.1', BROKEN],
    ['an address, others excluded', [], [uri('other.example')], '127.0.0.1', BROKEN],
    ['constraints on DNS names alone', [dns('acme.example')], [], 'other.example', 'accepted'],
    ['a constraint that is a URI', [], [uri('spiffe://acme.example')], 'acme.example', MALFORMED],
    ['an empty constraint', [], [uri('')], 'acme.example', MALFORMED],
  ])('[B13] on the trust domain: %s', async (_, permitted, excluded, host, expected) => {
    expect(await judge(constraints(permitted, excluded), [], host)).toBe(expected)
  })

  it.each<[string, Names, Names, string, string]>([
    ['the name itself', [dns('acme.example')], [], 'acme.example', 'accepted'],
    ['a name below', [dns('acme.example')], [], 'a.acme.example', 'accepted'],
    ['another', [dns('acme.example')], [], 'other.example', BROKEN],
    ['a look-alike', [dns('acme.example')], [], 'evilacme.example', BROKEN],
    ['excluded', [], [dns('acme.example')], 'A.acme.example', BROKEN],
    ['a wildcard over what is excluded', [], [dns('secret.acme.example')], '*.acme.example', BROKEN],
    ['all excluded', [], [dns('')], 'acme.example', BROKEN],
  ])('[B13] on DNS names beside the URI: %s', async (_, permitted, excluded, name, expected) => {
    const names = [{ type: 'dns' as const, value: name }]
    expect(await judge(constraints(permitted, excluded), names, 'acme.example')).toBe(expected)
  })

  it('[B13] on other kinds refuse any name of that kind', async () => {
    const addresses = constraints([{ iPAddress: '127.0.0.0/8' }])
    expect(await judge(addresses, [], 'acme.example')).toBe('accepted')
    expect(await judge(addresses, [{ type: 'ip', value: '127.0.0.1' }], 'acme.example')).toBe(BROKEN)
    const emails = constraints([], [{ rfc822Name: 'x.example' }])
    expect(await judge(emails, [{ type: 'email', value: 'a@y.example' }], 'acme.example')).toBe(BROKEN)
  })

  it('[B13] hold for intermediates too, but not for those that a CA made for itself', async () => {
    const root = await forge({ name: 'CN=root', extensions: [constraints([uri('acme.example')])] })
    const verify = async (name: string): Promise<unknown> => {
      const between = await forge({
        name,
        issuer: root,
        names: [{ type: 'url', value: 'spiffe://other.example' }],
      })
      const chain = [await forgeLeaf(between), between].map(({ der }) => der)
      return verifyX509Svid(chain, { bundles: bundlesOf('acme.example', root), now: NOW })
    }
    await expect(verify('CN=between')).rejects.toMatchObject({ code: BROKEN })
    await expect(verify('CN=root')).resolves.toBeDefined()
  })

  it('[B13] are refused where they ask for too many comparisons', async () => {
    const many = Array.from({ length: 300 }, (_, index) => dns(`${index}.example`))
    const names = Array.from({ length: 300 }, (_, index) => ({
      type: 'dns' as const,
      value: `${index}.example`,
    }))
    expect(await judge(constraints(many), names.slice(0, 20), 'acme.example')).toBe('accepted')
    expect(await judge(constraints(many), names, 'acme.example')).toBe(BROKEN)
  })

  it('are refused with a minimum other than zero', async () => {
    const subtree = new GeneralSubtree({ base: new GeneralName(uri('acme.example')), minimum: 1 })
    const value = new NameConstraints({ permittedSubtrees: new GeneralSubtrees([subtree]) })
    const extension = new Extension('2.5.29.30', true, AsnConvert.serialize(value))
    expect(await judge(extension, [], 'acme.example')).toBe(MALFORMED)
  })
})
