import { canonicalizeJson } from '../encoding/index.ts'
import {
  comparable,
  type ClaimsPath,
  type ClaimValue,
  type Predicate,
  type RangeBound,
  type ZkQuery,
} from '../demand/index.ts'
import { VerificationError } from '../errors/index.ts'
import { createLruMap } from '../runtime/index.ts'
import { claimKey, encodeClaimValue, encodeType, isSubjectId } from './claims.ts'
import { sponge } from './sponge.ts'

/** How many predicates the circuit has; an `in` takes one for each of its values. */
export const MAX_PREDICATES = 16

/** What a predicate of the circuit does. */
export const PREDICATE_OP: { readonly true: 0n; readonly eq: 1n; readonly range: 2n; readonly none: 3n } =
  Object.freeze({ true: 0n, eq: 1n, range: 2n, none: 3n })

/** A predicate as the circuit takes it. */
export interface CompiledPredicate {
  /** The hash of the claim's path; 0 where it is not used. */
  readonly key: bigint
  /** One of {@link PREDICATE_OP}. */
  readonly op: bigint
  /** The lowest value of a range, or the value of `eq` and `none`. */
  readonly lo: bigint
  /** The highest value of a range; 0 else. */
  readonly hi: bigint
  /** 1 where it is an alternative to the predicate before it, else 0. */
  readonly joined: bigint
}

/** A query's predicates as the circuit takes them. */
export interface CompiledPolicy {
  /** The hash of all of it, which the statement contains. */
  readonly digest: bigint
  /** The type of credential. */
  readonly type: string
  /** The number that stands for the type. */
  readonly typeField: bigint
  /** Exactly {@link MAX_PREDICATES}; those that are not used are all 0 and come last. */
  readonly predicates: readonly CompiledPredicate[]
  /** For each predicate that is used, the index of the query's predicate that it comes from. */
  readonly source: readonly number[]
}

const UNUSED: CompiledPredicate = Object.freeze({ key: 0n, op: 0n, lo: 0n, hi: 0n, joined: 0n })
const HIGHEST = 2n ** 64n - 1n
/** Times in the circuit have 40 bits. */
const MAX_EPOCH = 2 ** 40
const VERIFIABLE_CREDENTIAL = 'VerifiableCredential'

/** A handshake compiles the demand of its epoch again; hashing it takes some milliseconds. */
const compiled = createLruMap<CompiledPolicy>({ maxEntries: 64 })

/**
 * Compiles the predicates of a query for the circuit.
 *
 * @param query - A query of a parsed demand.
 * @returns The policy, frozen; the same for the same type, predicates and epoch.
 * @throws {VerificationError} `COMITY_ZK_POLICY_UNSUPPORTED` when the query asks for claims, or for any but one type
 *   (beside `VerifiableCredential`), or a path is not under `credentialSubject`, leads to its id, ends in null or has an
 *   index, or a value or bound is below 0, or relative to now; `COMITY_ZK_POLICY_TOO_LARGE`.
 * @see docs/spec/zk.md, "Policies"
 */
export function compilePredicates(query: ZkQuery): CompiledPolicy {
  if (query.claims !== undefined) throw unsupported('a proof discloses no claims')
  const { epoch, type_values } = query.meta
  if (!(Number.isInteger(epoch) && epoch >= 0 && epoch < MAX_EPOCH))
    throw unsupported('the epoch is out of range')
  const predicates = query.predicates ?? []
  const name = canonicalizeJson({ epoch, type_values, predicates } as never)
  const known = compiled.get(name)
  if (known !== undefined) return known
  const policy = compile(typeOf(type_values), predicates, epoch)
  compiled.set(name, policy)
  return policy
}

function compile(type: string, predicates: readonly Predicate[], epoch: number): CompiledPolicy {
  const clauses = predicates.map((predicate, index) => compileOne(predicate, index, epoch))
  const used = clauses.flat()
  if (used.length > MAX_PREDICATES) {
    throw new VerificationError(
      'COMITY_ZK_POLICY_TOO_LARGE',
      'the query has too many predicates and values',
      {
        details: { predicates: used.length, limit: MAX_PREDICATES },
      },
    )
  }
  const all = Array.from({ length: MAX_PREDICATES }, (_, i) => used[i] ?? UNUSED)
  const typeField = encodeType(type)
  return Object.freeze({
    digest: sponge([...all.flatMap(({ key, op, lo, hi, joined }) => [key, op, lo, hi, joined]), typeField]),
    type,
    typeField,
    predicates: Object.freeze(all),
    source: Object.freeze(clauses.flatMap((clause, index) => clause.map(() => index))),
  })
}

/** One predicate of the circuit, or for an `in` one for each value. */
function compileOne(predicate: Predicate, index: number, epoch: number): readonly CompiledPredicate[] {
  checkPath(predicate.path, index)
  const key = claimKey(predicate.path)
  const hi = 0n
  switch (predicate.op) {
    case 'eq':
      return [
        Object.freeze({ key, op: PREDICATE_OP.eq, lo: valueOf(predicate.value, index), hi, joined: 0n }),
      ]
    case 'none':
      return [
        Object.freeze({ key, op: PREDICATE_OP.none, lo: valueOf(predicate.value, index), hi, joined: 0n }),
      ]
    case 'in':
      return predicate.values.map((value, at) =>
        Object.freeze({
          key,
          op: PREDICATE_OP.eq,
          lo: valueOf(value, index),
          hi,
          joined: at === 0 ? 0n : 1n,
        }),
      )
    case 'range': {
      const min = predicate.min === undefined ? 0n : boundOf(predicate.min, epoch, index)
      const max = predicate.max === undefined ? HIGHEST : boundOf(predicate.max, epoch, index)
      if (max < 0n) throw unsupported('the highest value is below 0', index)
      return [Object.freeze({ key, op: PREDICATE_OP.range, lo: min < 0n ? 0n : min, hi: max, joined: 0n })]
    }
  }
}

function typeOf(alternatives: readonly (readonly string[])[]): string {
  const [types = [], ...others] = alternatives
  const [type, ...further] = types.filter((each) => each !== VERIFIABLE_CREDENTIAL)
  if (type === undefined || further.length > 0 || others.length > 0) {
    throw unsupported('a proof is about a credential of one type')
  }
  return type
}

function checkPath(path: ClaimsPath, index: number): void {
  const [root, ...steps] = path
  if (root !== 'credentialSubject' || steps.length === 0) {
    throw unsupported('the path is not under credentialSubject', index)
  }
  if (isSubjectId(path)) throw unsupported('the id of the subject is not proven', index)
  if (path.at(-1) === null) throw unsupported('the path ends in null; without it, it reaches the same', index)
  if (path.some((step) => typeof step === 'number')) throw unsupported('the path has an index', index)
}

function valueOf(value: ClaimValue, index: number): bigint {
  const compared = comparable(value)
  const field = compared === undefined ? undefined : encodeClaimValue(compared)
  if (field === undefined) throw unsupported('a value is not a whole number from 0', index)
  return field
}

function boundOf(bound: RangeBound, epoch: number, index: number): bigint {
  const number = typeof bound === 'number' ? bound : 'epoch' in bound ? epoch + bound.epoch : undefined
  if (number === undefined || !Number.isSafeInteger(number)) {
    throw unsupported('a bound is neither a number nor relative to the epoch', index)
  }
  return BigInt(number)
}

function unsupported(message: string, predicate?: number): VerificationError {
  return new VerificationError('COMITY_ZK_POLICY_UNSUPPORTED', message, {
    spec: 'zk.md §5',
    details: predicate === undefined ? {} : { predicate },
  })
}
