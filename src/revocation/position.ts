/** A place in an organization's event log. */
export interface Position {
  /** Which log: another one starts where a store was lost, and its numbers mean something else. */
  readonly epoch: string
  /** The sequence number in it, from 1. */
  readonly sequence: number
}

const FORM = /^([A-Za-z0-9_-]{1,64})\.([1-9][0-9]{0,14})$/

/** The text of a position, as it is sent as the id of an event. */
export function encodePosition({ epoch, sequence }: Position): string {
  return `${epoch}.${String(sequence)}`
}

/** Reads a position; undefined where the text is none. */
export function parsePosition(text: string): Position | undefined {
  const [, epoch, sequence] = FORM.exec(text) ?? []
  return epoch === undefined || sequence === undefined ? undefined : { epoch, sequence: Number(sequence) }
}

/**
 * The text of the position before another; undefined where the text is none. Before the first event of a log there is
 * none: a position of no log that there is means its beginning.
 */
export function positionBefore(text: string): string | undefined {
  const position = parsePosition(text)
  if (position === undefined) return undefined
  const { epoch, sequence } = position
  return sequence > 1 ? encodePosition({ epoch, sequence: sequence - 1 }) : BEGINNING
}

const BEGINNING = encodePosition({ epoch: 'none', sequence: 1 })
