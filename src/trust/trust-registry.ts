import type { IssuerAnswer, IssuerQuestion, IssuerTrust } from '../credentials/index.ts'
import { parseDid } from '../did/index.ts'
import { ComityError } from '../errors/index.ts'

/**
 * The key of the switch that makes a registry believe every issuer everything. A symbol, so that no configuration
 * file can set it: whoever wants this must write it in code.
 */
export const trustAnyone: unique symbol = Symbol('comity: trust anyone')

/** What one issuer is believed. */
export interface TrustedIssuer {
  /** The issuer's DID, compared as an exact string. */
  readonly did: string
  /** The credential types that it is believed, compared as exact strings; at least one, and no wildcards. */
  readonly types: readonly string[]
  /** The DIDs of those towards whom it counts, compared as exact strings. Without it, towards everyone. */
  readonly audiences?: readonly string[]
}

/** What a {@link createTrustRegistry | trust registry} is made from. */
export interface TrustRegistryOptions {
  /** The issuers that are believed. One issuer may stand there several times. An empty list refuses all. */
  readonly issuers: readonly TrustedIssuer[]
  /** Believes every issuer everything. Only with an empty list, since a list would mean nothing beside it. */
  readonly [trustAnyone]?: true
}

/**
 * Makes a registry that says which issuer is believed which type of credential, from a list that is fixed.
 *
 * What is not listed is refused. Every answer says why.
 *
 * @param options - See {@link TrustRegistryOptions}. Later changes to them have no effect.
 * @returns The registry. It never throws.
 * @throws {TypeError} When an issuer is no DID or is believed nothing, or `trustAnyone` stands beside a list.
 */
export function createTrustRegistry(options: TrustRegistryOptions): IssuerTrust {
  const issuers = readIssuers(options)
  const anyone = options[trustAnyone]
  if (anyone !== undefined && (anyone as unknown) !== true)
    throw new TypeError('options[trustAnyone] can only be true')
  if (anyone === true && issuers.length > 0) {
    throw new TypeError('options.issuers must be empty where everyone is trusted')
  }
  return Object.freeze({
    judge: async (question: IssuerQuestion): Promise<IssuerAnswer> =>
      anyone === true ? accept('every issuer is trusted here') : judge(issuers, question),
  })
}

function judge(issuers: readonly TrustedIssuer[], { issuer, type, audience }: IssuerQuestion): IssuerAnswer {
  const known = issuers.filter(({ did }) => did === issuer)
  if (known.length === 0) return refuse('the issuer is not in the registry')
  const forType = known.filter(({ types }) => types.includes(type))
  if (forType.length === 0) return refuse('the issuer is in the registry, but not for this type')
  if (forType.some(({ audiences }) => audiences === undefined)) {
    return accept('the registry names the issuer for this type')
  }
  const towards = forType.some(
    ({ audiences }) => audience !== undefined && audiences?.includes(audience) === true,
  )
  return towards
    ? accept('the registry names the issuer for this type and audience')
    : refuse('the issuer is in the registry for this type, but not towards this audience')
}

function accept(reason: string): IssuerAnswer {
  return Object.freeze({ accepted: true, reason })
}

function refuse(reason: string): IssuerAnswer {
  return Object.freeze({ accepted: false, reason })
}

function readIssuers({ issuers }: TrustRegistryOptions): readonly TrustedIssuer[] {
  if (!Array.isArray(issuers)) throw new TypeError('options.issuers must be a list')
  return issuers.map((entry: TrustedIssuer, index) => {
    const name = `options.issuers[${index}]`
    const { did, types, audiences } = entry
    checkDid(did, `${name}.did`)
    if (!isNames(types))
      throw new TypeError(`${name}.types must list types of credentials, without wildcards`)
    if (audiences === undefined) return { did, types: [...types] }
    if (!isNames(audiences)) throw new TypeError(`${name}.audiences must list DIDs`)
    audiences.forEach((audience) => checkDid(audience, `${name}.audiences`))
    return { did, types: [...types], audiences: [...audiences] }
  })
}

function isNames(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every((name) => typeof name === 'string' && name !== '' && !name.includes('*'))
}

function checkDid(text: string, name: string): void {
  try {
    parseDid(text)
  } catch (cause) {
    if (cause instanceof ComityError || cause instanceof TypeError)
      throw new TypeError(`${name} must be a DID`, { cause })
    throw cause
  }
}
