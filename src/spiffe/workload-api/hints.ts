import { encodeUtf8 } from '../../encoding/index.ts'
import { NetworkError } from '../../errors/index.ts'
import type { Report } from './bundle-map.ts'
import { messageMalformed } from './protocol.ts'

/** The longest hint, in bytes. */
export const MAX_HINT_BYTES = 1024

/**
 * Takes out what has a hint that is too long, or that an earlier one has.
 *
 * @param report - Learns of each.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md#8-default-values-and-redundant-information | Workload API §8}
 */
export function withSoundHints<Message extends { readonly hint: string }>(
  messages: readonly Message[],
  report: Report,
): readonly Message[] {
  const taken = new Set<string>()
  return messages.filter(({ hint }) => {
    if (hint === '') return true
    // A character has at most three bytes in UTF-8, and at least one.
    const isLong = hint.length > MAX_HINT_BYTES || encodeUtf8(hint).length > MAX_HINT_BYTES
    if (isLong) report(messageMalformed('a hint is too long', 'hint'))
    else if (taken.has(hint)) report(messageMalformed('two SVIDs have one hint', 'hint'))
    const isSound = !isLong && !taken.has(hint)
    taken.add(hint)
    return isSound
  })
}

/**
 * Finds the SVID that has a hint.
 *
 * @param svids - Such as those of an X.509 context; to be given to a source as its `pick`.
 * @param hint - Compared as an exact string; not empty.
 * @throws {NetworkError} `COMITY_SVID_HINT_UNKNOWN`.
 */
export function svidWithHint<Svid extends { readonly hint: string }>(
  svids: readonly Svid[],
  hint: string,
): Svid {
  if (hint === '') throw new TypeError('the hint must not be empty: the first SVID is the default')
  const found = svids.find((svid) => svid.hint === hint)
  if (found !== undefined) return found
  throw new NetworkError('COMITY_SVID_HINT_UNKNOWN', 'the Workload API gave no SVID with this hint', {
    spec: 'Workload API §8',
    details: { svids: svids.length },
  })
}
