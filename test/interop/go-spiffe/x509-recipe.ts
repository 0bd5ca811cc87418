import { certificateOf, USAGE, uriName, type CertificateRecipe } from './certificate.ts'
import { createKey, type KeyKind, type TestKey } from './keys.ts'
import type { Chance } from './random.ts'

/** When the certificates are judged: noon of 1 January 2030. */
export const NOW = 1_893_499_200
export const TRUST_DOMAIN = 'org-a.test'
export const OTHER_DOMAIN = 'org-b.test'
const DAY = 86_400

/** A chain before it is written; features change it. */
export interface X509Recipe {
  readonly chance: Chance
  /** From the root to the leaf's issuer. The root is the authority in the bundle. */
  authorities: CertificateRecipe[]
  leaf: CertificateRecipe
  /** Of another trust domain; its root is in that one's bundle. */
  readonly other: CertificateRecipe
  stranger: TestKey
  /** Further authorities of the trust domain, before the right one. */
  further: CertificateRecipe[]
  /** Whose bundles there are. */
  known: string[]
  /** Instead of the bundle's JWK of a root. */
  bundleOf?: (root: Uint8Array) => string
  /** What happens to the chain at last: the leaf, then the authorities from its issuer upwards, without the root. */
  finish: ((chain: Uint8Array[], root: Uint8Array) => Uint8Array[])[]
}

/** The keys of a run: new ones for each certificate would make no difference. */
export interface X509Keys {
  readonly keys: readonly TestKey[]
  readonly weak: TestKey
  readonly stranger: TestKey
  readonly other: TestKey
}

export function createX509Keys(chance: Chance): X509Keys {
  const kinds: readonly KeyKind[] = [
    'P-256',
    'P-256',
    'P-256',
    'P-256',
    'P-384',
    'P-521',
    'RSA',
    'RSA',
    'Ed25519',
  ]
  return {
    keys: kinds.map((kind) => createKey(kind, chance)),
    weak: createKey('RSA-1024', chance),
    stranger: createKey('P-256', chance),
    other: createKey('P-256', chance),
  }
}

/** A recipe that is good: a root, none to two authorities below it, a leaf. */
export function goodX509(chance: Chance, { keys, stranger, other }: X509Keys, depth?: number): X509Recipe {
  const between = depth ?? chance.below(3)
  const order = chance.shuffle(keys)
  const authorities = Array.from({ length: between + 1 }, (_, index) =>
    authority(chance, index === 0 ? 'root' : `authority ${index}`, order[index]!),
  )
  const leaf: CertificateRecipe = {
    ...authority(chance, 'workload', order[between + 1]!),
    extensions: {
      basic: { ca: false },
      usage: { bits: [USAGE.digitalSignature] },
      extendedUsage: { oids: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] },
      names: { entries: [uriName(`spiffe://${TRUST_DOMAIN}/agents/a${chance.below(9)}`)] },
    },
  }
  const foreign = authority(chance, 'root', other)
  foreign.extensions.names = { entries: [uriName(`spiffe://${OTHER_DOMAIN}`)] }
  return {
    chance,
    authorities,
    leaf,
    other: foreign,
    stranger,
    further: [],
    known: [TRUST_DOMAIN, OTHER_DOMAIN],
    finish: [],
  }
}

export function authority(chance: Chance, subject: string, key: TestKey): CertificateRecipe {
  return {
    version: 3,
    serial: Uint8Array.of(1, ...chance.bytes(8)),
    subject,
    notBefore: NOW - 2 * DAY,
    notAfter: NOW + 2 * DAY,
    key,
    extensions: {
      basic: { ca: true },
      usage: { bits: [USAGE.certSign, USAGE.crlSign] },
      names: { entries: [uriName(`spiffe://${TRUST_DOMAIN}`)] },
    },
    more: [],
    finish: [],
  }
}

/** Writes the chain and the bundles. */
export function chainOf(recipe: X509Recipe): { chain: Uint8Array[]; bundles: Record<string, string> } {
  const { authorities, leaf, other, further, known, bundleOf = bundleDocument } = recipe
  const all = [...authorities, leaf]
  const [root, ...chain] = all.map((each, index) => certificateOf(each, all[index - 1] ?? each))
  if (root === undefined) throw new TypeError('there is a root always')
  const more = further.map((each) => certificateOf(each, each))
  const documents = new Map([
    [TRUST_DOMAIN, () => withKeys([...more.map(bundleDocument), bundleOf(root)])],
    [OTHER_DOMAIN, () => withKeys([bundleDocument(certificateOf(other, other))])],
  ])
  return {
    chain: recipe.finish.reduce((current, change) => change(current, root), chain.toReversed()),
    bundles: Object.fromEntries(known.map((name) => [name, documents.get(name)?.() ?? withKeys([])])),
  }

  // The members of the public key have to fit, where somebody looks at them.
  function bundleDocument(der: Uint8Array): string {
    const key = [...all, other, ...further].find(({ key: { spki } }) =>
      Buffer.from(der).includes(Buffer.from(spki)),
    )?.key
    const x5c = [Buffer.from(der).toString('base64')]
    return JSON.stringify({ ...(key ?? other.key).jwk, use: 'x509-svid', x5c })
  }
}

function withKeys(keys: readonly string[]): string {
  return `{"keys":[${keys.join(',')}],"spiffe_sequence":1}`
}
