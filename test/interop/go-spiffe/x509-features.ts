import {
  addressName,
  dnsName,
  extension,
  mailName,
  uriName,
  USAGE,
  type CertificateRecipe,
  type Extensions,
} from './certificate.ts'
import { integer, oid, sequence } from './der.ts'
import { BAD_IDS } from './ids.ts'
import { signatureAlgorithm } from './keys.ts'
import { authority, NOW, OTHER_DOMAIN, TRUST_DOMAIN, type X509Recipe } from './x509-recipe.ts'

/** Something that a chain has, or that is wrong with it. */
export type X509Feature = (recipe: X509Recipe) => void

const leaf =
  (change: (leaf: CertificateRecipe, recipe: X509Recipe) => void): X509Feature =>
  (recipe) =>
    change(recipe.leaf, recipe)
/** The authority that issued the leaf; the root, where there is no other. */
const issuer =
  (change: (issuer: CertificateRecipe, recipe: X509Recipe) => void): X509Feature =>
  (recipe) =>
    change(recipe.authorities.at(-1)!, recipe)
const root =
  (change: (root: CertificateRecipe) => void): X509Feature =>
  ({ authorities }) =>
    change(authorities[0]!)
const leafHas = (extensions: Extensions): X509Feature =>
  leaf((it) => Object.assign(it.extensions, extensions))
const issuerHas = (extensions: Extensions): X509Feature =>
  issuer((it) => Object.assign(it.extensions, extensions))
const rootHas = (extensions: Extensions): X509Feature =>
  root((it) => Object.assign(it.extensions, extensions))
const ID = `spiffe://${TRUST_DOMAIN}/agents/a`
const leafNames = (...entries: readonly Uint8Array[]): X509Feature => leafHas({ names: { entries } })
const without = (it: CertificateRecipe, name: keyof Extensions): void => {
  const { [name]: _gone, ...rest } = it.extensions
  it.extensions = rest
}
const unknown = (critical: boolean): Uint8Array => extension('1.3.6.1.4.1.99999.1', sequence(), critical)
const flipped =
  (recipe: X509Recipe) =>
  (der: Uint8Array): Uint8Array => {
    const changed = Buffer.from(der)
    changed[recipe.chance.below(der.length)]! ^= 1 << recipe.chance.below(8)
    return changed
  }
const POLICIES = extension('2.5.29.32', sequence(sequence(oid('2.5.29.32.0'))), true)

/** What must not matter. */
export const GOOD_X509_FEATURES: Readonly<Record<string, X509Feature>> = {
  'other names': leafNames(dnsName('a.test'), uriName(ID), mailName('a@a.test'), addressName(127, 0, 0, 1)),
  'no extended usage': leaf((it) => without(it, 'extendedUsage')),
  'critical extended usage': leafHas({
    extendedUsage: { oids: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'], critical: true },
  }),
  'empty subject': leaf((it) => {
    it.subject = ''
    it.extensions.names = { entries: [uriName(ID)], critical: true }
  }),
  'key encipherment': leafHas({ usage: { bits: [USAGE.digitalSignature, USAGE.keyEncipherment] } }),
  'key agreement': leafHas({ usage: { bits: [USAGE.digitalSignature, USAGE.keyAgreement] } }),
  'no basic constraints': leaf((it) => without(it, 'basic')),
  'unknown extension': leaf((it) => it.more.push(unknown(false))),
  'unknown extension of the issuer': issuer((it) => it.more.push(unknown(false))),
  'issuer without an ID': issuer((it) => without(it, 'names')),
  'path length enough': rootHas({ basic: { ca: true, pathLength: 5 } }),
  'names permitted': issuerHas({ constraints: { permitted: [uriName(TRUST_DOMAIN)] } }),
  'another name excluded': issuerHas({ constraints: { excluded: [uriName(OTHER_DOMAIN)] } }),
  'root sent along': ({ finish }) => finish.push((chain, der) => [...chain, der]),
  'chain in another order': ({ finish, chance }) =>
    finish.push(([first, ...rest]) => [...(first ? [first] : []), ...chance.shuffle(rest)]),
  'a stranger sent along': (recipe) => recipe.finish.push((chain) => [...chain, chain[0]!]),
  'another authority first': ({ further, chance, stranger }) =>
    further.push(authority(chance, 'root', stranger)),
  'root without key usage': root((it) => without(it, 'usage')),
  'until the last second': leaf((it) => (it.notAfter = NOW)),
  'from the first second': leaf((it) => (it.notBefore = NOW)),
  'long path': leafNames(uriName(`spiffe://${TRUST_DOMAIN}/${'a'.repeat(1900)}`)),
}

/** What is wrong, or was thought to be. */
export const BAD_X509_FEATURES: Readonly<Record<string, X509Feature>> = {
  'no URI': leafNames(dnsName('a.test')),
  'no names': leaf((it) => without(it, 'names')),
  'two URIs': leafNames(uriName(ID), uriName('https://a.test/')),
  'two equal URIs': leafNames(uriName(ID), uriName(ID)),
  'malformed ID': leaf(
    (it, { chance }) => (it.extensions.names = { entries: [uriName(chance.pick(BAD_IDS))] }),
  ),
  'ID not ASCII': leafNames(uriName(Buffer.from([...Buffer.from(ID), 0xff]))),
  'ID without path': leafNames(uriName(`spiffe://${TRUST_DOMAIN}`)),
  'ID of the other trust domain': leafNames(uriName(`spiffe://${OTHER_DOMAIN}/agents/a`)),
  'ID of an unknown trust domain': leafNames(uriName('spiffe://nobody.test/agents/a')),
  'trust domain too long': leafNames(uriName(`spiffe://${'a'.repeat(256)}/x`)),
  'leaf is a CA': leafHas({ basic: { ca: true } }),
  'leaf signs certificates': leafHas({ usage: { bits: [USAGE.digitalSignature, USAGE.certSign] } }),
  'leaf signs lists': leafHas({ usage: { bits: [USAGE.digitalSignature, USAGE.crlSign] } }),
  'leaf must not sign': leafHas({ usage: { bits: [USAGE.keyEncipherment] } }),
  'no key usage': leaf((it) => without(it, 'usage')),
  'key usage not critical': leafHas({ usage: { bits: [USAGE.digitalSignature], critical: false } }),
  'leaf expired': leaf((it) => (it.notAfter = NOW - 1)),
  'leaf not valid yet': leaf((it) => (it.notBefore = NOW + 1)),
  'issuer expired': issuer((it) => (it.notAfter = NOW - 1)),
  'issuer not valid yet': issuer((it) => (it.notBefore = NOW + 1)),
  'root expired': root((it) => (it.notAfter = NOW - 1)),
  'leaf signed by a stranger': leaf((it, { stranger }) => (it.signWith = stranger)),
  'issuer signed by a stranger': issuer((it, { stranger }) => (it.signWith = stranger)),
  'issuer of another name': leaf((it) => (it.issuer = 'nobody')),
  'leaf signed by the other trust domain': leaf((it, { other }) => {
    it.signWith = other.key
    it.issuer = other.subject
  }),
  'unknown critical extension': leaf((it) => it.more.push(unknown(true))),
  'unknown critical extension of the issuer': issuer((it) => it.more.push(unknown(true))),
  'critical policies': leaf((it) => it.more.push(POLICIES)),
  'extension twice': leaf((it) => it.more.push(extension('2.5.29.17', sequence(uriName(ID))))),
  'unreadable key usage': leaf((it) => {
    without(it, 'usage')
    it.more.push(extension('2.5.29.15', sequence(), true))
  }),
  'path too long': (recipe) => {
    const { authorities } = recipe
    const last = authorities.at(-1)!
    authorities.push({ ...last, subject: 'one more', extensions: { ...last.extensions } })
    authorities[0]!.extensions.basic = {
      ca: true,
      pathLength: authorities.length - 3 < 0 ? 0 : authorities.length - 3,
    }
    if (authorities.length === 2) last.extensions.basic = { ca: true, pathLength: 0 }
  },
  'issuer is no CA': issuerHas({ basic: { ca: false } }),
  'issuer without basic constraints': issuer((it) => without(it, 'basic')),
  'issuer signs no certificates': issuerHas({ usage: { bits: [USAGE.digitalSignature, USAGE.crlSign] } }),
  'issuer without key usage': issuer((it) => without(it, 'usage')),
  'root is no CA': rootHas({ basic: { ca: false } }),
  'root signs no certificates': rootHas({ usage: { bits: [USAGE.digitalSignature] } }),
  'ID of the issuer with a path': issuerHas({ names: { entries: [uriName(ID)] } }),
  'ID of the issuer malformed': issuerHas({ names: { entries: [uriName('spiffe://A.test')] } }),
  'ID of the issuer of another trust domain': issuerHas({
    names: { entries: [uriName(`spiffe://${OTHER_DOMAIN}`)] },
  }),
  'only other names permitted': issuerHas({ constraints: { permitted: [uriName(OTHER_DOMAIN)] } }),
  'name excluded': issuerHas({ constraints: { excluded: [uriName(TRUST_DOMAIN)] } }),
  'DNS name excluded': (recipe) => {
    recipe.leaf.extensions.names = { entries: [uriName(ID), dnsName('a.test')] }
    recipe.authorities.at(-1)!.extensions.constraints = { excluded: [dnsName('a.test')] }
  },
  'subdomains permitted': issuerHas({ constraints: { permitted: [uriName('.test')] } }),
  'issuer missing': ({ finish }) => finish.push((chain) => chain.filter((_, index) => index !== 1)),
  'authority left out of the bundle': (recipe) => {
    const { chance, stranger } = recipe
    recipe.authorities[0] = authority(chance, 'root', stranger)
    recipe.authorities[0].signWith = recipe.authorities[0].key
    recipe.bundleOf = () => '{"kty":"EC","use":"x509-svid"}'
  },
  'bundle entry with two certificates': (recipe) => {
    recipe.bundleOf = (der) => {
      const x5c = Buffer.from(der).toString('base64')
      return JSON.stringify({ ...recipe.authorities[0]!.key.jwk, use: 'x509-svid', x5c: [x5c, x5c] })
    }
  },
  'bundle entry of another use': (recipe) => {
    recipe.bundleOf = (der) =>
      JSON.stringify({
        ...recipe.authorities[0]!.key.jwk,
        use: 'sig',
        x5c: [Buffer.from(der).toString('base64')],
      })
  },
  'no bundle': (recipe) => (recipe.known = [OTHER_DOMAIN]),
  'root first': ({ finish }) => finish.push((chain, der) => [der, ...chain]),
  'chain empty': ({ finish }) => finish.push(() => []),
  'eleven certificates': ({ finish }) =>
    finish.push((chain) => [...chain, ...Array.from({ length: 11 - chain.length }, () => chain[0]!)]),
  'signed with SHA-1': (recipe) => {
    const above = recipe.authorities.at(-1)!
    recipe.leaf.signWith = above.key
    if (above.key.kind === 'RSA') recipe.leaf.algorithm = 'RS1'
    else recipe.leaf.outerAlgorithm = signatureAlgorithm('RS1', 'RSA')
  },
  'two algorithms named': leaf((it) => (it.outerAlgorithm = signatureAlgorithm('RS512', 'RSA'))),
  'version 1': leaf((it) => (it.version = 1)),
  'serial number negative': leaf((it) => (it.serial = Uint8Array.of(0x80, 1))),
  'serial number zero': leaf((it) => (it.serial = Uint8Array.of(0))),
  'validity turned round': leaf((it) => ([it.notBefore, it.notAfter] = [it.notAfter, it.notBefore])),
  'names not critical without a subject': leaf((it) => (it.subject = '')),
  'only for servers': leafHas({ extendedUsage: { oids: ['1.3.6.1.5.5.7.3.1'] } }),
  'only for code': leafHas({ extendedUsage: { oids: ['1.3.6.1.5.5.7.3.3'] } }),
  'issuer only for code': issuerHas({ extendedUsage: { oids: ['1.3.6.1.5.5.7.3.3'] } }),
  'path length without CA': leaf((it) => {
    without(it, 'basic')
    it.more.push(extension('2.5.29.19', sequence(integer(0)), true))
  }),
  'more bytes behind the leaf': leaf((it) => it.finish.push((der) => Buffer.concat([der, Uint8Array.of(0)]))),
  'leaf cut off': leaf((it) => it.finish.push((der) => der.slice(0, -5))),
  'a bit of the leaf changed': leaf((it, recipe) => it.finish.push(flipped(recipe))),
  'a bit of the issuer changed': issuer((it, recipe) => it.finish.push(flipped(recipe))),
}
