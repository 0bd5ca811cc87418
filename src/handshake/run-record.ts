import type { SeenChannel } from './channel.ts'
import { parseDemand, type Demand } from '../demand/index.ts'
import { decodeBase64url, encodeBase64url, parseJsonObject } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'
import type { KeySchedule } from './key-schedule.ts'

const MAX_RECORD_BYTES = 262_144

/** What the responder keeps of a run between its offer and the initiator's `present`. */
export interface OpenRun {
  readonly sid: string
  readonly version: string
  readonly suite: string
  /** Whether the hello named the responder. */
  readonly addressed: boolean
  readonly keys: KeySchedule
  /** `H3`: what the `th` of the `present` must be. */
  readonly hash: Uint8Array
  /** The demand as it was sent, where it is not the same in every run; undefined where it is. */
  readonly demand: Demand | undefined
  /** The connection that brought the hello, where it is known here and counts. */
  readonly channel: SeenChannel | undefined
}

/** A run as it is stored: open, spent by the first body whose box opened, or answered. */
export type StoredRun =
  | { readonly state: 'open'; readonly run: Readonly<Record<string, string | boolean>> }
  | { readonly state: 'spent'; readonly digest: string }
  | { readonly state: 'answered'; readonly digest: string; readonly answer: string }

/** What is read was written by `createRunRepository`: the store is ours. */
export function readRecord(stored: string): StoredRun {
  return parseJsonObject(stored, { maxBytes: MAX_RECORD_BYTES }) as unknown as StoredRun
}

/** What a body is remembered by. */
export function digestOf(body: Uint8Array): string {
  return encodeBase64url(sha256(body))
}

/** An open run in the form of a record. */
export function encodeRun({
  sid,
  version,
  suite,
  addressed,
  keys,
  hash,
  demand,
  channel,
}: OpenRun): Record<string, string | boolean> {
  return {
    sid,
    version,
    suite,
    addressed,
    prk: encodeBase64url(keys.prk),
    r2i: encodeBase64url(keys.r2i),
    i2r: encodeBase64url(keys.i2r),
    hash: encodeBase64url(hash),
    ...(demand === undefined ? {} : { demand: JSON.stringify(demand) }),
    ...(channel === undefined ? {} : { channelBind: channel.bind, channelCb: channel.cb }),
  }
}

/** An open run out of its record. */
export function decodeRun(stored: Readonly<Record<string, string | boolean>>): OpenRun {
  const text = (name: string): string => String(stored[name])
  const bytes = (name: string): Uint8Array => decodeBase64url(text(name))
  const version = text('version')
  return {
    sid: text('sid'),
    version,
    suite: text('suite'),
    addressed: stored['addressed'] === true,
    keys: { version, prk: bytes('prk'), r2i: bytes('r2i'), i2r: bytes('i2r') },
    hash: bytes('hash'),
    demand: stored['demand'] === undefined ? undefined : parseDemand(parseJsonObject(text('demand'))),
    channel:
      stored['channelCb'] === undefined ? undefined : { bind: text('channelBind'), cb: text('channelCb') },
  }
}
