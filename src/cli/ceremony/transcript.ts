import { isJsonObject, parseJson, type JsonValue } from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import { isName, MAX_CONTRIBUTIONS } from './contributions.ts'
import { malformed, refusal } from './errors.ts'
import type { UnverifiedKey } from './zkey.ts'

/** What a contributor publishes, so that all can see that its contribution is in the finished key. */
export interface PublishedContribution {
  readonly format: typeof CONTRIBUTION_FORMAT
  /** The digest of circuit and powers of tau, 64 bytes in hexadecimal. */
  readonly circuit: string
  /** From 1. */
  readonly position: number
  readonly name: string
  /** The hash of the contribution, 64 bytes in hexadecimal. */
  readonly contribution: string
  /** The hash of the one before it; null for the first. */
  readonly previous: string | null
}

/** What a published contribution says it is. */
export const CONTRIBUTION_FORMAT = 'comity-ceremony-contribution/1'

const HASH = /^[0-9a-f]{128}$/

/** What there is to publish about the last contribution to a key. */
export function describeLast({ circuit, contributions }: UnverifiedKey, name: string): PublishedContribution {
  const [last, before] = [contributions.at(-1), contributions.at(-2)]
  if (last === undefined) throw new TypeError('the key has no contribution')
  return {
    format: CONTRIBUTION_FORMAT,
    circuit,
    position: last.position,
    name,
    contribution: last.hash,
    previous: before?.hash ?? null,
  }
}

/**
 * Reads what a contributor has published.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED`.
 */
export function parsePublished(bytes: Uint8Array): PublishedContribution {
  const value = readJsonValue(bytes)
  const { format, circuit, position, name, contribution, previous } = isJsonObject(value) ? value : {}
  const isGood =
    format === CONTRIBUTION_FORMAT &&
    isHash(circuit) &&
    isHash(contribution) &&
    (previous === null || isHash(previous)) &&
    Number.isInteger(position) &&
    Number(position) >= 1 &&
    Number(position) <= MAX_CONTRIBUTIONS &&
    typeof name === 'string' &&
    isName(name)
  if (!isGood) throw malformed('contribution', 'not what a contributor publishes')
  return { format, circuit, position: Number(position), name, contribution, previous }
}

/**
 * Checks that a contribution is in a key, where its contributor says it is, and after the one that it followed.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_CONTRIBUTION_MISSING`.
 */
export function assertContained(
  { circuit, contributions }: UnverifiedKey,
  published: PublishedContribution,
): void {
  const { position } = published
  const [found, before] = [contributions[position - 1], contributions[position - 2]]
  const isThere =
    published.circuit === circuit &&
    found?.hash === published.contribution &&
    (before?.hash ?? null) === published.previous
  if (isThere) return
  throw refusal('COMITY_CEREMONY_CONTRIBUTION_MISSING', 'a published contribution is not in the key', {
    position,
  })
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value)
}

function readJsonValue(bytes: Uint8Array): JsonValue {
  try {
    return parseJson(bytes)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw malformed('contribution', 'no JSON', cause)
  }
}
