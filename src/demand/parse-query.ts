import {
  DEMAND_FORMATS,
  DEMAND_LIMITS as LIMITS,
  type ClaimQuery,
  type CredentialQuery,
  type CredentialQueryBase,
  type Predicate,
  type ZkQuery,
} from './demand.ts'
import {
  readClaimsPath,
  readClaimValue,
  readPredicate,
  readZkPredicate,
  type Read,
} from './parse-predicate.ts'
import {
  readChoice,
  readInteger,
  readList,
  readObject,
  readOptional,
  readPattern,
  readText,
  refuse,
  type Members,
} from './reader.ts'

const ID = /^[A-Za-z0-9_-]+$/
const DID = /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/

/** Reads the id of a query or a claim. */
export const readId: Read<string> = (value, path) => readPattern(value, path, LIMITS.id, ID)

/** Reads a credential query. */
export const readQuery: Read<CredentialQuery> = (value, path) => {
  const members = readObject(
    value,
    path,
    ['id', 'format', 'meta'],
    ['multiple', 'require_cryptographic_holder_binding', 'claims', 'claim_sets', 'predicates'],
  )
  const meta = members['meta']
  const metaPath = `${path}/meta`
  switch (readChoice(members['format'], `${path}/format`, DEMAND_FORMATS)) {
    case 'vc+jwt': {
      const { type_values } = readObject(meta, metaPath, ['type_values'])
      return {
        ...readBase(members, path, readPredicate),
        format: 'vc+jwt',
        meta: { type_values: readTypeValues(type_values, `${metaPath}/type_values`) },
      }
    }
    case 'dc+sd-jwt': {
      const { vct_values } = readObject(meta, metaPath, ['vct_values'])
      return {
        ...readBase(members, path, readPredicate),
        format: 'dc+sd-jwt',
        meta: { vct_values: readTypes(vct_values, `${metaPath}/vct_values`) },
      }
    }
    case 'comity-zk':
      return {
        ...readBase(members, path, readZkPredicate),
        format: 'comity-zk',
        meta: readZkMeta(meta, metaPath),
      }
  }
}

function readBase(members: Members, path: string, predicate: Read<Predicate>): CredentialQueryBase {
  const ids: Read<readonly string[]> = (value, at) => readList(value, at, LIMITS.claims, readId)
  const base: CredentialQueryBase = {
    id: readId(members['id'], `${path}/id`),
    ...readOptional(members, 'multiple', path, (value, at) => readChoice(value, at, [false as const])),
    ...readOptional(members, 'require_cryptographic_holder_binding', path, (value, at) =>
      readChoice(value, at, [true as const]),
    ),
    ...readOptional(members, 'claims', path, (value, at) => readList(value, at, LIMITS.claims, readClaim)),
    ...readOptional(members, 'claim_sets', path, (value, at) => readList(value, at, LIMITS.claimSets, ids)),
    ...readOptional(members, 'predicates', path, (value, at) =>
      readList(value, at, LIMITS.predicates, predicate),
    ),
  }
  if (base.claim_sets !== undefined) checkClaimIds(base.claims, path)
  return base
}

/** With `claim_sets` there must be claims, and each needs the id by which a set can name it. */
function checkClaimIds(claims: readonly ClaimQuery[] | undefined, path: string): void {
  if (claims === undefined) refuse(path, 'required:claims')
  for (const [index, { id }] of claims.entries()) {
    if (id === undefined) refuse(`${path}/claims/${index}`, 'required:id')
  }
}

const readClaim: Read<ClaimQuery> = (value, path) => {
  const members = readObject(value, path, ['path'], ['id', 'values'])
  return {
    ...readOptional(members, 'id', path, readId),
    path: readClaimsPath(members['path'], `${path}/path`),
    ...readOptional(members, 'values', path, (values, at) =>
      readList(values, at, LIMITS.values, readClaimValue),
    ),
  }
}

const readZkMeta: Read<ZkQuery['meta']> = (value, path) => {
  const members = readObject(value, path, ['type_values', 'anchors', 'epoch'], ['auditor', 'domain'])
  return {
    type_values: readTypeValues(members['type_values'], `${path}/type_values`),
    anchors: readText(members['anchors'], `${path}/anchors`, 1, LIMITS.text),
    epoch: readInteger(members['epoch'], `${path}/epoch`, 0, Number.MAX_SAFE_INTEGER),
    ...readOptional(members, 'auditor', path, (auditor, at) => readText(auditor, at, 1, LIMITS.text)),
    ...readOptional(members, 'domain', path, (domain, at) => readPattern(domain, at, LIMITS.text, DID)),
  }
}

const readTypes: Read<readonly string[]> = (value, path) =>
  readList(value, path, LIMITS.types, (type, at) => readText(type, at, 1, LIMITS.text))

const readTypeValues: Read<readonly (readonly string[])[]> = (value, path) =>
  readList(value, path, LIMITS.types, readTypes)
