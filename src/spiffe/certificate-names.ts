import { close, malformed, open, openInner, take, TAG, takeAll, takeIf, type DerElement } from './der.ts'
import { readAscii, readCount } from './der-values.ts'

/** What a certificate calls its subject besides the subject's name. */
export interface AlternativeNames {
  /** Every URI, in order. */
  readonly uris: readonly string[]
  /** Every DNS name, in order. */
  readonly dnsNames: readonly string[]
  /** The kinds of all others, as tags. */
  readonly otherKinds: readonly number[]
}

/** Names of one kind that certificates below may have. */
export interface Subtrees {
  /** One of them must fit. Undefined where any name may be. */
  readonly permitted?: readonly string[]
  /** None of them may fit. */
  readonly excluded: readonly string[]
}

/** Constraints on the names of certificates below. */
export interface NameConstraints {
  /** On the hosts of URIs: hosts, or domains where they begin with a period. */
  readonly uris: Subtrees
  /** On DNS names: each with all names below it. */
  readonly dnsNames: Subtrees
  /** Further kinds, as tags: whether a name of these would fit is not known here. */
  readonly otherKinds: readonly number[]
}

/** The tags of names, by their kind. */
const NAME = { email: 0x81, dns: 0x82, directory: 0xa4, uri: 0x86 } as const
const KINDS: readonly number[] = [
  0xa0,
  NAME.email,
  NAME.dns,
  0xa3,
  NAME.directory,
  0xa5,
  NAME.uri,
  0x87,
  0x88,
]
const [PERMITTED, EXCLUDED] = [0xa0, 0xa1]
/** How many comparisons one certificate may ask for: both sides of them are a stranger's. */
const MAX_COMPARISONS = 10_000
const HOST = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#:]+)/i
const ADDRESS = /^[\d.]+$/
const DOMAIN = /^\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i
/** A name without parts. */
const EMPTY_SUBJECT = 'MAA'

/** Reads the alternative names of a subject. */
export function readAlternativeNames(value: DerElement | undefined): AlternativeNames {
  const names = value === undefined ? [] : takeAll(openInner(value))
  if (names.some(({ tag }) => !KINDS.includes(tag))) throw malformed('a name is of no kind')
  const others = names.map(({ tag }) => tag).filter((tag) => tag !== NAME.uri && tag !== NAME.dns)
  return {
    uris: textsOf(names, NAME.uri),
    dnsNames: textsOf(names, NAME.dns),
    otherKinds: Object.freeze([...new Set(others)]),
  }
}

/**
 * Reads name constraints.
 *
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`, also when a constraint on URIs or DNS names is no name, for
 *   an exclusion that fits nothing would go unnoticed.
 */
export function readNameConstraints(value: DerElement): NameConstraints {
  const cursor = openInner(value)
  const [permitted, excluded] = [subtreesOf(takeIf(cursor, PERMITTED)), subtreesOf(takeIf(cursor, EXCLUDED))]
  close(cursor)
  const others = [...permitted, ...excluded].map(({ tag }) => tag)
  const ofKind = (kind: number): Subtrees => {
    const [may, mayNot] = [textsOf(permitted, kind), textsOf(excluded, kind)]
    const isName = (text: string): boolean => DOMAIN.test(text) || (text === '' && kind === NAME.dns)
    if (![...may, ...mayNot].every(isName)) throw malformed('a constraint is no name')
    return Object.freeze({ ...(may.length > 0 && { permitted: may }), excluded: mayNot })
  }
  return Object.freeze({
    uris: ofKind(NAME.uri),
    dnsNames: ofKind(NAME.dns),
    otherKinds: Object.freeze(others.filter((tag) => tag !== NAME.uri && tag !== NAME.dns)),
  })
}

/** The names of subtrees; nothing else may stand in one (RFC 5280 §4.2.1.10). */
function subtreesOf(element: DerElement | undefined): readonly DerElement[] {
  if (element === undefined) return []
  return takeAll(open(element), TAG.sequence).map((subtree) => {
    const cursor = open(subtree)
    const name = take(cursor)
    if (!KINDS.includes(name.tag)) throw malformed('a name is of no kind')
    const minimum = takeIf(cursor, 0x80)
    if (minimum !== undefined && readCount(minimum) !== 0) throw malformed('a subtree has a minimum')
    close(cursor)
    return name
  })
}

function textsOf(names: readonly DerElement[], kind: number): readonly string[] {
  return Object.freeze(names.filter(({ tag }) => tag === kind).map(readAscii))
}

/**
 * Says whether constraints allow all names of a certificate.
 *
 * @param names - Its alternative names, and its subject as DER in base64url.
 * @see {@link https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10 | RFC 5280 §4.2.1.10}
 */
export function allowsNames(
  { uris, dnsNames, otherKinds }: NameConstraints,
  names: AlternativeNames & { readonly subject: string },
): boolean {
  const count = sizeOf(uris) * names.uris.length + sizeOf(dnsNames) * names.dnsNames.length
  if (count > MAX_COMPARISONS) return false
  const isOtherConstrained = otherKinds.some((kind) => {
    return names.otherKinds.includes(kind) || (kind === NAME.directory && names.subject !== EMPTY_SUBJECT)
  })
  return (
    !isOtherConstrained &&
    (sizeOf(uris) === 0 || names.uris.every((uri) => allowsHost(uris, HOST.exec(uri)?.[1]))) &&
    names.dnsNames.every((name) => allowsDnsName(dnsNames, name.toLowerCase()))
  )
}

function sizeOf({ permitted = [], excluded }: Subtrees): number {
  return permitted.length + excluded.length
}

/** Where there is a constraint, a URI must have a host that is a name. */
function allowsHost({ permitted, excluded }: Subtrees, host: string | undefined): boolean {
  if (host === undefined || ADDRESS.test(host)) return false
  const name = host.toLowerCase()
  const fits = (constraint: string): boolean => {
    const lower = constraint.toLowerCase()
    return lower.startsWith('.') ? name.endsWith(lower) : name === lower
  }
  return (permitted?.some(fits) ?? true) && !excluded.some(fits)
}

function allowsDnsName({ permitted, excluded }: Subtrees, name: string): boolean {
  const fits = (constraint: string): boolean => {
    const lower = constraint.toLowerCase().replace(/^\./, '')
    return lower === '' || name.endsWith(`.${lower}`) || (name === lower && !constraint.startsWith('.'))
  }
  // A wildcard stands for names that may be excluded one by one.
  const parent = name.startsWith('*.') ? name.slice(1) : undefined
  const touches = (constraint: string): boolean =>
    parent !== undefined && constraint.toLowerCase().endsWith(parent)
  return (permitted?.some(fits) ?? true) && !excluded.some((each) => fits(each) || touches(each))
}
