const DIRECTIVE = /^([a-z-]+)(?:=(.*))?$/
const SECONDS = /^"?([0-9]{1,9})"?$/
/** What stands for any number that is too long to read. */
const FOREVER = 2_147_483_647

function readSeconds(text: string | undefined): number {
  if (text !== undefined && /^"?[0-9]{10,}"?$/.test(text)) return FOREVER
  const [, digits] = SECONDS.exec(text ?? '') ?? []
  // What says a time and cannot be read is out of date, rather than good for as long as we like.
  return digits === undefined ? 0 : Number(digits)
}

/**
 * Seconds for which `cache-control` allows an answer to be kept by whoever asked for it.
 *
 * `no-store` and `no-cache` are 0, also when they name fields only. Of several `max-age` the shortest counts, a
 * malformed one is 0, and the `age` that the answer has already is taken off.
 *
 * @returns A number that is not negative; `undefined` when nothing is said.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2 | RFC 9111 §5.2.2}
 */
export function readMaxAge(headers: Headers): number | undefined {
  const directives = (headers.get('cache-control') ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => DIRECTIVE.exec(part.trim()) ?? [])
  const has = (name: string): boolean => directives.some(([, each]) => each === name)
  if (has('no-store') || has('no-cache')) return 0
  if (!has('max-age')) return undefined
  const times = directives.filter(([, name]) => name === 'max-age').map(([, , value]) => readSeconds(value))
  const age = headers.get('age')
  return Math.max(0, Math.min(...times) - (age === null ? 0 : readSeconds(age.trim())))
}

const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e]{0,256}"$/

/**
 * Reads the entity tag of an answer, by which it can be asked for again.
 *
 * @returns The tag as it is to be sent in `if-none-match`; `undefined` when there is none that is well formed and short.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 | RFC 9110 §8.8.3}
 */
export function readEntityTag(headers: Headers): string | undefined {
  const tag = headers.get('etag') ?? ''
  return ENTITY_TAG.test(tag) ? tag : undefined
}
