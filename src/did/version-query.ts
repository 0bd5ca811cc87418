import { VerificationError } from '../errors/index.ts'

/** Which version of a document is asked for: one of these, or the last when there is none. */
export interface VersionQuery {
  /** The name of a version, compared as an exact text. */
  readonly versionId?: string | undefined
  /** A moment, in ISO 8601 and UTC: the version that was in force then. */
  readonly versionTime?: string | undefined
  /** The number of a version, where its method counts them. */
  readonly versionNumber?: number | undefined
}

const NUMBER = /^[0-9]{1,9}$/

function invalid(message: string): VerificationError {
  return new VerificationError('COMITY_DID_INVALID', message, { spec: 'DID Core §3.2.1' })
}

function readOne(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name)
  if (more.length > 0) throw invalid(`the DID URL has \`${name}\` twice`)
  return value
}

/**
 * Reads which version a DID URL asks for.
 *
 * @param query - What follows the `?`. Parameters with other names are not looked at.
 * @throws {VerificationError} `COMITY_DID_INVALID` when a parameter occurs twice, or `versionNumber` is no number.
 * @see {@link https://www.w3.org/TR/did-1.0/#did-parameters | DID Core §3.2.1}
 */
export function readVersionQuery(query: string): VersionQuery {
  // A `+` of a time zone is no space here, as it would be in a form.
  const parameters = new URLSearchParams(query.replaceAll('+', '%2B'))
  const versionNumber = readOne(parameters, 'versionNumber')
  if (versionNumber !== undefined && !NUMBER.test(versionNumber)) {
    throw invalid('`versionNumber` is not a number')
  }
  return {
    versionId: readOne(parameters, 'versionId'),
    versionTime: readOne(parameters, 'versionTime'),
    versionNumber: versionNumber === undefined ? undefined : Number(versionNumber),
  }
}

/** Puts together what a DID URL and what options ask for; options count more. */
export function mergeVersionQueries(url: VersionQuery, options: VersionQuery): VersionQuery {
  return {
    versionId: options.versionId ?? url.versionId,
    versionTime: options.versionTime ?? url.versionTime,
    versionNumber: options.versionNumber ?? url.versionNumber,
  }
}

/** Says whether a version is asked for at all. */
export function asksForVersion({ versionId, versionTime, versionNumber }: VersionQuery): boolean {
  return versionId !== undefined || versionTime !== undefined || versionNumber !== undefined
}
