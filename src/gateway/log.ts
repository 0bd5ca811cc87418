import { ComityError } from '../errors/index.ts'

/** One line of the gateway's log. It has codes, DIDs and names; never a token, a key or a claim value. */
export interface GatewayLogEntry {
  /** `error` is a fault of this side; `warn` a refusal; `info` all else. */
  readonly level: 'info' | 'warn' | 'error'
  /** What happened, such as `handshake.refused`. */
  readonly event: string
  /** The DID of the peer, as far as it was verified. */
  readonly peer?: string
  /** The session. */
  readonly session?: string
  /** The stable code of what was wrong. */
  readonly code?: string
  /** More about it. */
  readonly details?: Readonly<Record<string, string | number | boolean>>
}

/** Where the gateway's log goes. Must not throw. */
export type GatewayLog = (entry: GatewayLogEntry) => void

/** The fields of an entry that an error gives. Of what is no ComityError only the name is told. */
export function describeError(error: unknown): Pick<GatewayLogEntry, 'code' | 'details'> {
  if (error instanceof ComityError) return { code: error.code, details: error.details }
  return { details: { error: error instanceof Error ? error.name : typeof error } }
}
