import { ComityError } from '../errors/index.ts'

/** One line of the federation's log. It has names, DIDs and codes; never a key or a credential. */
export interface FederationLogEntry {
  /** `error` is a fault of this side; `warn` a refusal, or what could not be had; `info` all else. */
  readonly level: 'info' | 'warn' | 'error'
  /** What happened, such as `trust-domain.learned`. */
  readonly event: string
  /** The name of the trust domain. */
  readonly trustDomain?: string
  /** The DID that holds it. */
  readonly organization?: string
  /** The stable code of what was wrong. */
  readonly code?: string
  /** More about it. */
  readonly details?: Readonly<Record<string, string | number | boolean>>
}

/** Where the federation's log goes. Must not throw. */
export type FederationLog = (entry: FederationLogEntry) => void

/** The fields of an entry that an error gives. Of what is no ComityError only the name is told. */
export function describeError(error: unknown): Pick<FederationLogEntry, 'code' | 'details'> {
  if (error instanceof ComityError) return { code: error.code, details: error.details }
  return { details: { error: error instanceof Error ? error.name : typeof error } }
}
