import { checkDemand } from './check-demand.ts'
import { DEMAND_LIMITS as LIMITS, type CredentialSet, type Demand, type SpiffeDemand } from './demand.ts'
import { freezeDeep } from './freeze.ts'
import { readId, readQuery } from './parse-query.ts'
import type { Read } from './parse-predicate.ts'
import { readChoice, readInteger, readList, readObject, readOptional, readPattern, refuse } from './reader.ts'

const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/
const SVID_RULES = ['required', 'if-present'] as const
const BINDING_RULES = ['required', 'if-present', 'off'] as const
const SPIFFE_PATH = /^(?:\/(?:[A-Za-z0-9._-]+|\*))+$/

/**
 * Parses a demand, from the peer or from one's own configuration.
 *
 * The value is what a JSON parser with a size limit returned; a member with the value `undefined` counts as absent.
 * It is read once and copied, and the copy is frozen all the way down; parsing that copy again returns it as it is. Parsed are exactly the values that
 * {@link demandSchema} accepts and that keep the rules listed there: at most 32 queries of at most 16 predicates,
 * paths of at most 16 elements, lists of at most 64 values, no unknown members, ids that fit together.
 *
 * The empty demand is refused: what anyone meets is written `{"anyone": true}` (see {@link ANYONE}), also where all
 * that is asked for is optional.
 *
 * @throws {VerificationError} `COMITY_DEMAND_INVALID`; `details.path` is a JSON Pointer to the place and
 *   `details.rule` says what is wrong there, without what was found.
 * @see {@link https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-6 OpenID4VP 1.0 §6}
 */
export function parseDemand(value: unknown): Demand {
  if (isParsed(value)) return value
  const members = readObject(
    value,
    '',
    [],
    ['anyone', 'credentials', 'credential_sets', 'posture', 'spiffe', 'channel'],
  )
  if (Object.values(members).every((member) => member === undefined)) refuse('', 'not-empty')
  if (members['credential_sets'] !== undefined && members['credentials'] === undefined) {
    refuse('', 'required:credentials')
  }
  const demand: Demand = {
    ...readOptional(members, 'anyone', '', (anyone, at) => readChoice(anyone, at, [true as const])),
    ...readOptional(members, 'credentials', '', (queries, at) =>
      readList(queries, at, LIMITS.queries, readQuery),
    ),
    ...readOptional(members, 'credential_sets', '', (sets, at) => readList(sets, at, LIMITS.sets, readSet)),
    ...readOptional(members, 'posture', '', readPosture),
    ...readOptional(members, 'spiffe', '', readSpiffe),
    ...readOptional(members, 'channel', '', readChannel),
  }
  checkDemand(demand)
  parsed.add(demand)
  return freezeDeep(demand)
}

const parsed = new WeakSet<object>()

function isParsed(value: unknown): value is Demand {
  return typeof value === 'object' && value !== null && parsed.has(value)
}

const readSet: Read<CredentialSet> = (value, path) => {
  const members = readObject(value, path, ['options'], ['required'])
  return {
    options: readList(members['options'], `${path}/options`, LIMITS.sets, (option, at) =>
      readList(option, at, LIMITS.sets, readId),
    ),
    ...readOptional(members, 'required', path, (required, at) => readChoice(required, at, [true, false])),
  }
}

const readPosture: Read<{ readonly maxAge: number }> = (value, path) => {
  const { maxAge } = readObject(value, path, ['maxAge'])
  return { maxAge: readInteger(maxAge, `${path}/maxAge`, 1, LIMITS.maxAge) }
}

const readSpiffe: Read<SpiffeDemand> = (value, path) => {
  const members = readObject(value, path, ['trustDomains'], ['paths', 'svid'])
  return {
    trustDomains: readList(members['trustDomains'], `${path}/trustDomains`, LIMITS.spiffe, (domain, at) =>
      readPattern(domain, at, LIMITS.text, TRUST_DOMAIN),
    ),
    ...readOptional(members, 'paths', path, (paths, at) =>
      readList(paths, at, LIMITS.spiffe, (each, eachAt) =>
        readPattern(each, eachAt, LIMITS.text, SPIFFE_PATH),
      ),
    ),
    ...readOptional(members, 'svid', path, (svid, at) => readChoice(svid, at, SVID_RULES)),
  }
}

const readChannel: Read<{ readonly binding: 'required' | 'if-present' | 'off' }> = (value, path) => {
  const { binding } = readObject(value, path, ['binding'])
  return { binding: readChoice(binding, `${path}/binding`, BINDING_RULES) }
}

/** The demand that anyone meets who has proven its DID: `{"anyone": true}`. */
export const ANYONE: Demand = parseDemand({ anyone: true })
