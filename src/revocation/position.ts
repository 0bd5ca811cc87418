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
