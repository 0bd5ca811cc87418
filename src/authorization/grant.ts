import type { AuthorizationDetail } from './authorization-detail.ts'
import { isWithin } from './comparison.ts'

/** What {@link grantFrom} decides on. */
export interface GrantQuestion {
  /** What the agent asks for. */
  readonly request: readonly AuthorizationDetail[]
  /** What its verified `AgentCapabilityCredential`s say that it may be asked to do. */
  readonly attested: readonly AuthorizationDetail[]
  /** What this side offers at all. */
  readonly offered: readonly AuthorizationDetail[]
}

/** The two parts of a request. */
export interface GrantAnswer {
  /** The details that are granted, as they were asked for. */
  readonly granted: readonly AuthorizationDetail[]
  /** The details that are not. */
  readonly refused: readonly AuthorizationDetail[]
}

/**
 * Decides what of a request is granted: each detail that is within what was attested and within what is offered (see
 * {@link isWithin}). A detail is granted as a whole or not at all: what is left of it would not be what was asked for.
 */
export function grantFrom({ request, attested, offered }: GrantQuestion): GrantAnswer {
  const granted: AuthorizationDetail[] = []
  const refused: AuthorizationDetail[] = []
  for (const detail of request) {
    if (isWithin(detail, attested) && isWithin(detail, offered)) granted.push(detail)
    else refused.push(detail)
  }
  return Object.freeze({ granted: Object.freeze(granted), refused: Object.freeze(refused) })
}
