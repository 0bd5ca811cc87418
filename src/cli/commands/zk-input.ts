import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parseDemand, zkQueriesOf, type Demand, type ZkQuery } from '../../demand/index.ts'
import { MAX_ANCHOR_DOCUMENT } from '../../zk/index.ts'
import { readBounded } from '../ceremony/files.ts'
import { readJson } from '../folder.ts'
import { UsageError } from '../output.ts'

/** The flags that say on which occasion a proof is shown. */
export interface OccasionFlags {
  /** The file of the demand. */
  readonly demand: string
  /** The id of the query. */
  readonly query?: string
  /** The DID of the verifier. */
  readonly audience: string
}

/**
 * Reads the demand, and finds the query that a proof is about.
 *
 * @throws {UsageError} The demand has no such query, or several and none was named.
 */
export async function readOccasion(
  flags: OccasionFlags,
): Promise<{ readonly demand: Demand; readonly query: ZkQuery }> {
  const demand = parseDemand(await readJson(flags.demand))
  const queries = zkQueriesOf(demand)
  const [query, ...others] =
    flags.query === undefined ? queries : queries.filter(({ id }) => id === flags.query)
  if (query === undefined) throw new UsageError('the demand has no such query for a compliance proof')
  if (others.length > 0) {
    throw new UsageError(`say with --query which one of ${queries.map(({ id }) => id).join(', ')}`)
  }
  return { demand, query }
}

/** Reads the download of an anchor list. */
export async function readDownload(file: string): Promise<string> {
  const tooLarge = (): UsageError => new UsageError(`${file} is larger than ${MAX_ANCHOR_DOCUMENT} bytes`)
  return Buffer.from(await readBounded(file, MAX_ANCHOR_DOCUMENT, tooLarge)).toString('utf8')
}

/** Reads a short text from a file or from standard input. */
export async function readText(file: string): Promise<string> {
  return (await (file === '-' ? text(process.stdin) : readFile(file, 'utf8'))).trim()
}
