import type { JsonObject, JsonValue } from '../../encoding/index.ts'
import { logFault } from './fault.ts'
import { isHash } from './hash.ts'
import { parseWitnessConfig, type WitnessConfig } from './witness-config.ts'

/** What is in force after an entry of a log. */
export interface Parameters {
  /** The hash that the DID names its log by. */
  readonly scid: string
  /** Keys that may sign, in multibase. */
  readonly updateKeys: readonly string[]
  /** Hashes of the keys that may follow; pre-rotation is active when there are any. */
  readonly nextKeyHashes: readonly string[]
  /** Who must approve; `undefined` for nobody. */
  readonly witness: WitnessConfig | undefined
  /** URLs of those who watch the DID. */
  readonly watchers: readonly string[]
  /** Whether the DID may move to another place. */
  readonly portable: boolean
  /** Whether this is the end of the DID. */
  readonly deactivated: boolean
  /** Seconds for which the controller lets others keep the document. */
  readonly ttl: number
}

/** The version of the method that logs of ours are written in, and the only one that is read. */
export const METHOD = 'did:webvh:1.0'

const NAMES: readonly string[] = [
  'method',
  'scid',
  'updateKeys',
  'nextKeyHashes',
  'witness',
  'watchers',
  'portable',
  'deactivated',
  'ttl',
]
const MAX_LIST = 64
const MAX_TEXT_LENGTH = 2048
const DEFAULT_TTL = 3600
const MAX_TTL = 2 ** 31

function invalid(message: string): never {
  throw logFault('COMITY_DID_LOG_MALFORMED', message, { spec: 'did:webvh 1.0, DID Method Parameters' })
}

/** Reads a list of texts. Early logs have `null` for an empty one, which is not to be written any more. */
function readTexts(parameters: JsonObject, name: string): readonly string[] | undefined {
  const list = parameters[name]
  if (list === undefined) return undefined
  if (list === null) return []
  if (!Array.isArray(list) || list.length > MAX_LIST)
    return invalid(`\`${name}\` is not a list of allowed length`)
  const isText = (entry: unknown): entry is string => {
    return typeof entry === 'string' && entry !== '' && entry.length <= MAX_TEXT_LENGTH
  }
  return Object.freeze(
    (list as readonly JsonValue[]).map((entry) =>
      isText(entry) ? entry : invalid(`\`${name}\` has an entry that is no text`),
    ),
  )
}

function readFlag(parameters: JsonObject, name: string): boolean | undefined {
  const flag = parameters[name]
  if (flag === undefined || typeof flag === 'boolean') return flag
  return invalid(`\`${name}\` is not a boolean`)
}

function readTtl({ ttl }: JsonObject): number | undefined {
  if (ttl === undefined) return undefined
  if (ttl === null) return DEFAULT_TTL
  if (typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= 0 && ttl <= MAX_TTL) return ttl
  return invalid('`ttl` is not a number of seconds')
}

function checkNames(parameters: JsonObject): void {
  if (!Object.keys(parameters).every((name) => NAMES.includes(name)))
    invalid('there is a parameter that this version of the method does not have')
}

function readWitness({ witness }: JsonObject, current: WitnessConfig | undefined): WitnessConfig | undefined {
  return witness === undefined ? current : parseWitnessConfig(witness)
}

/**
 * Reads the parameters of a log's first entry.
 *
 * @throws {VerificationError} `COMITY_DID_LOG_MALFORMED` when one is unknown, missing or malformed.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#didwebvh-did-method-parameters | did:webvh, Parameters}
 */
export function firstParameters(parameters: JsonObject): Parameters {
  checkNames(parameters)
  const { method, scid } = parameters
  if (method !== METHOD) invalid('the version of the method is not supported')
  if (typeof scid !== 'string' || !isHash(scid)) return invalid('`scid` is not a SHA-256 multihash')
  return Object.freeze({
    scid,
    updateKeys: readTexts(parameters, 'updateKeys') ?? invalid('`updateKeys` is missing'),
    nextKeyHashes: readTexts(parameters, 'nextKeyHashes') ?? [],
    witness: readWitness(parameters, undefined),
    watchers: readTexts(parameters, 'watchers') ?? [],
    portable: readFlag(parameters, 'portable') ?? false,
    deactivated: readFlag(parameters, 'deactivated') ?? false,
    ttl: readTtl(parameters) ?? DEFAULT_TTL,
  })
}

/**
 * Reads the parameters of a later entry.
 *
 * @param current - What was in force before it.
 * @throws {VerificationError} `COMITY_DID_LOG_MALFORMED` when one is unknown or malformed; when there is an `scid`,
 *   another `method` or `portable: true`, which only the first entry may have; or when pre-rotation is active and
 *   `updateKeys` or `nextKeyHashes` is left out.
 */
export function nextParameters(parameters: JsonObject, current: Parameters): Parameters {
  checkNames(parameters)
  const { method = METHOD, scid } = parameters
  if (method !== METHOD) invalid('the version of the method is not supported')
  if (scid !== undefined) invalid('`scid` is for the first entry only')
  const portable = readFlag(parameters, 'portable')
  if (portable === true) invalid('`portable` can only be enabled in the first entry')
  const updateKeys = readTexts(parameters, 'updateKeys')
  const nextKeyHashes = readTexts(parameters, 'nextKeyHashes')
  const isCommitted = current.nextKeyHashes.length > 0
  if (isCommitted && (updateKeys === undefined || nextKeyHashes === undefined))
    invalid('`updateKeys` and `nextKeyHashes` cannot be left out while pre-rotation is active')
  return Object.freeze({
    scid: current.scid,
    updateKeys: updateKeys ?? current.updateKeys,
    nextKeyHashes: nextKeyHashes ?? current.nextKeyHashes,
    witness: readWitness(parameters, current.witness),
    watchers: readTexts(parameters, 'watchers') ?? current.watchers,
    portable: portable ?? current.portable,
    deactivated: readFlag(parameters, 'deactivated') ?? current.deactivated,
    ttl: readTtl(parameters) ?? current.ttl,
  })
}
