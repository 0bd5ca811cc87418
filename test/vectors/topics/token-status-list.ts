import { parseTokenStatus } from '../../../src/credentials/index.ts'
import { VerificationError } from '../../../src/errors/index.ts'
import { parsePublicJwk } from '../../../src/keys/index.ts'
import { verifyStatusListToken } from '../../../src/status/list-token.ts'
import { decodeTokenStatusList } from '../../../src/status/token-codec.ts'
import type { TokenStatusList } from '../../../src/status/token-list.ts'
import { toHex } from '../../encoding/hex.ts'
import { difference, judgeCall, type Driver, type VectorCase, type Verdict } from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** Token Status Lists, and looking up a status in a token. */
export const tokenStatusList: Driver = byShape({
  decode: { has: ['statusList'], judge: judgeList },
  jwt: { has: ['token', 'jwk', 'reference', 'now'], judge: judgeToken },
})

async function judgeList(entry: VectorCase): Promise<Verdict> {
  return judgeCall(
    entry,
    () => decodeTokenStatusList(entry['statusList']),
    (list) => {
      const { byteArrayHex, statuses = {}, outOfRange = [] } = entry.expected
      return (
        difference('the bytes', toHex(list.bytes), byteArrayHex ?? toHex(list.bytes)) ??
        wrongLength(list, entry['entries']) ??
        wrongStatus(list, statuses as Readonly<Record<string, number>>) ??
        wronglyInRange(list, outOfRange as readonly number[])
      )
    },
  )
}

/** A list has whole bytes, and so perhaps a few statuses more than entries. */
function wrongLength(list: TokenStatusList, entries: unknown): string | undefined {
  if (typeof entries !== 'number') return undefined
  return difference('its length in bytes', list.bytes.length, Math.ceil((entries * list.bits) / 8))
}

function wrongStatus(list: TokenStatusList, statuses: Readonly<Record<string, number>>): string | undefined {
  const actual = Object.fromEntries(Object.keys(statuses).map((index) => [index, list.get(Number(index))]))
  return difference('the statuses', actual, statuses)
}

function wronglyInRange(list: TokenStatusList, indices: readonly number[]): string | undefined {
  for (const index of indices) {
    try {
      return `index ${index} has the status ${list.get(index)}, and is out of range`
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
    }
  }
  return undefined
}

async function judgeToken(entry: VectorCase): Promise<Verdict> {
  return judgeCall(
    entry,
    async () => {
      const reference = parseTokenStatus({ status_list: entry['reference'] })
      // What a credential with such a claim is refused with.
      if (reference === undefined) throw new VerificationError('COMITY_STATUS_LIST_INVALID', 'no reference')
      const { list } = await verifyStatusListToken(String(entry['token']), {
        key: parsePublicJwk(entry['jwk']),
        uri: reference.uri,
        now: entry['now'] as number,
      })
      return list.get(reference.idx)
    },
    (status) => difference('the status', status, entry.expected['status']),
  )
}
