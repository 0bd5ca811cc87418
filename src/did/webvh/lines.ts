import { logFault } from './fault.ts'

/** Largest log, in bytes. */
export const MAX_LOG_BYTES = 4_194_304
/** Most entries of a log. */
export const MAX_ENTRIES = 10_000

const NEWLINE = 0x0a

/** Where a line stands in a log: from `start` up to `end`, without the newline. */
export interface Line {
  readonly start: number
  readonly end: number
}

/**
 * Finds the lines of a log from some place on. The newline at the end of the last may be missing.
 *
 * @param from - Where the first line starts.
 * @param known - How many lines stand before it.
 * @throws {VerificationError} `COMITY_DID_LOG_MALFORMED` when there are more than 10 000 lines in all, or an empty one.
 */
export function linesOf(log: Uint8Array, from: number, known: number): readonly Line[] {
  const lines: Line[] = []
  for (let start = from; start < log.length;) {
    const newline = log.indexOf(NEWLINE, start)
    const end = newline === -1 ? log.length : newline
    if (end === start) throw logFault('COMITY_DID_LOG_MALFORMED', 'the log has an empty line')
    if (known + lines.length >= MAX_ENTRIES)
      throw logFault('COMITY_DID_LOG_MALFORMED', 'the log has too many entries')
    lines.push({ start, end })
    start = end + 1
  }
  return lines
}

/**
 * Says where a log goes on that starts with all bytes of another one.
 *
 * @returns The place of its next line, or of its end; `undefined` when it does not start so.
 */
export function continuationOf(log: Uint8Array, prefix: Uint8Array): number | undefined {
  if (log.length < prefix.length) return undefined
  for (let index = 0; index < prefix.length; index += 1) if (log[index] !== prefix[index]) return undefined
  if (prefix.at(-1) === NEWLINE || log.length === prefix.length) return prefix.length
  return log[prefix.length] === NEWLINE ? prefix.length + 1 : undefined
}
