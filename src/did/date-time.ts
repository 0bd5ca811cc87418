const DATE_TIME = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})Z$/

/**
 * Says whether a value is a date as the metadata of DID documents has them (`created`, `updated`, `nextUpdate`): an XML
 * `dateTime` in UTC with `Z`, to the second, of a moment that exists.
 *
 * @see {@link https://www.w3.org/TR/did-1.0/#did-document-metadata | DID Core §7.1.3}
 */
export function isDidDateTime(value: unknown): value is string {
  const [, text] = typeof value === 'string' ? (DATE_TIME.exec(value) ?? []) : []
  if (text === undefined) return false
  const milliseconds = Date.parse(`${text}Z`)
  // What overflows, such as the 30th of February, would be another moment.
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === `${text}.000Z`
}

const LOOSE =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$/

/**
 * Brings a date into the form that metadata has, from one with parts of a second or another time zone.
 *
 * @returns The date, to the second before; `undefined` when the value is none.
 */
export function toDidDateTime(value: unknown): string | undefined {
  const [, text, zone] = typeof value === 'string' ? (LOOSE.exec(value) ?? []) : []
  if (text === undefined || zone === undefined || !isDidDateTime(`${text}Z`)) return undefined
  const milliseconds = Date.parse(`${text}${zone}`)
  if (Number.isNaN(milliseconds)) return undefined
  const moved = `${new Date(milliseconds).toISOString().slice(0, -'.000Z'.length)}Z`
  return isDidDateTime(moved) ? moved : undefined
}
