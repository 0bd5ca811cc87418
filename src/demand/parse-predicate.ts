import {
  DEMAND_LIMITS as LIMITS,
  type ClaimsPath,
  type ClaimValue,
  type PathElement,
  type Predicate,
  type RangeBound,
} from './demand.ts'
import { readChoice, readInteger, readList, readObject, readOptional, readText, refuse } from './reader.ts'

/** The way from the value of a place to what is read there. */
export type Read<Value> = (value: unknown, path: string) => Value

/** Reads a claims path. */
export const readClaimsPath: Read<ClaimsPath> = (value, path) =>
  readList(value, path, LIMITS.path, (element, at): PathElement => {
    if (element === null) return null
    if (typeof element === 'string') return readText(element, at, 0, LIMITS.text)
    return readInteger(element, at, 0, LIMITS.index)
  })

/** Reads a value that claims are compared with. */
export const readClaimValue: Read<ClaimValue> = (value, path) =>
  readValue(value, path, -Number.MAX_SAFE_INTEGER)

/** Reads a predicate of a query for whole credentials. */
export const readPredicate: Read<Predicate> = (value, path) =>
  readAnyPredicate(value, path, {
    path: readClaimsPath,
    value: readClaimValue,
    bound: (bound, at) => readBound(bound, at, -Number.MAX_SAFE_INTEGER, 'now'),
  })

/** Reads a predicate of a query for compliance proofs: what the circuit can judge. */
export const readZkPredicate: Read<Predicate> = (value, path) =>
  readAnyPredicate(value, path, {
    path: (claimsPath, at) => {
      const elements = readClaimsPath(claimsPath, at)
      if (elements.some((element) => typeof element === 'number')) refuse(at, 'no-index')
      return elements
    },
    value: (claimValue, at) => readValue(claimValue, at, 0),
    bound: (bound, at) => readBound(bound, at, 0, 'epoch'),
  })

interface PredicateReaders {
  readonly path: Read<ClaimsPath>
  readonly value: Read<ClaimValue>
  readonly bound: Read<RangeBound>
}

function readAnyPredicate(value: unknown, path: string, read: PredicateReaders): Predicate {
  const { op } = readObject(value, path, ['path', 'op'], ['value', 'values', 'min', 'max'])
  switch (readChoice(op, `${path}/op`, ['eq', 'range', 'none', 'in'])) {
    case 'eq': {
      const members = readObject(value, path, ['path', 'op', 'value'])
      return {
        path: read.path(members['path'], `${path}/path`),
        op: 'eq',
        value: read.value(members['value'], `${path}/value`),
      }
    }
    case 'none': {
      const members = readObject(value, path, ['path', 'op', 'value'])
      return {
        path: read.path(members['path'], `${path}/path`),
        op: 'none',
        value: read.value(members['value'], `${path}/value`),
      }
    }
    case 'in': {
      const members = readObject(value, path, ['path', 'op', 'values'])
      return {
        path: read.path(members['path'], `${path}/path`),
        op: 'in',
        values: readList(members['values'], `${path}/values`, LIMITS.values, read.value),
      }
    }
    case 'range': {
      const members = readObject(value, path, ['path', 'op'], ['min', 'max'])
      const min = readOptional(members, 'min', path, read.bound)
      const max = readOptional(members, 'max', path, read.bound)
      if (min.min === undefined && max.max === undefined) refuse(path, 'min-or-max')
      return { path: read.path(members['path'], `${path}/path`), op: 'range', ...min, ...max }
    }
  }
}

function readValue(value: unknown, path: string, lowest: number): ClaimValue {
  if (typeof value === 'string') return readText(value, path, 0, LIMITS.text)
  if (typeof value === 'boolean') return value
  return readInteger(value, path, lowest, Number.MAX_SAFE_INTEGER)
}

function readBound(value: unknown, path: string, lowest: number, relativeTo: 'now' | 'epoch'): RangeBound {
  if (typeof value === 'number') return readInteger(value, path, lowest, Number.MAX_SAFE_INTEGER)
  const member = readObject(value, path, [relativeTo])[relativeTo]
  const seconds = readInteger(
    member,
    `${path}/${relativeTo}`,
    -LIMITS.relativeSeconds,
    LIMITS.relativeSeconds,
  )
  return relativeTo === 'now' ? { now: seconds } : { epoch: seconds }
}
