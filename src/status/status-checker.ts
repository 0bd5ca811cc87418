import type { StatusChecker, StatusQuestion, StatusReference } from '../credentials/index.ts'
import { VerificationError } from '../errors/index.ts'
import { createStatusReader, type StatusReader, type StatusReaderOptions } from './status-reader.ts'
import { TOKEN_STATUS } from './token-list.ts'

/** What {@link createStatusChecker} is made with. */
export type StatusCheckerOptions = StatusReaderOptions

/**
 * Makes a checker of revocation and suspension by status lists of both kinds.
 *
 * It fails closed: a status that cannot be read, and one that it does not know, refuses the credential. Lists are
 * cached as {@link StatusReaderOptions} says, so what it says can be that old.
 *
 * @param options - See {@link StatusReaderOptions}; `unreachable` says what a list means that cannot be had.
 * @returns A checker. Of several references it judges all; a revocation that one of them shows counts before what is
 *   wrong with the others.
 * @throws {TypeError} When an option is out of range.
 */
export function createStatusChecker(options: StatusCheckerOptions): StatusChecker {
  const reader = createStatusReader(options)
  return Object.freeze({
    async check(question: StatusQuestion): Promise<void> {
      const { entries } = question
      const results = await Promise.all(entries.map((entry) => judge(reader, entry, question)))
      const failures = results.filter((result) => result !== undefined)
      const failure = failures.find(isRevocation) ?? failures[0]
      if (failure !== undefined) throw failure.reason
    },
    invalidate: (issuer: string) => {
      reader.invalidate(issuer)
    },
  })
}

interface Failure {
  readonly reason: unknown
}

async function judge(
  reader: StatusReader,
  reference: StatusReference,
  question: StatusQuestion,
): Promise<Failure | undefined> {
  try {
    const status = await reader.read(reference, question)
    if (status === TOKEN_STATUS.VALID) return undefined
    return { reason: reference.type === 'TokenStatusList' ? refusedToken(status) : refusedEntry(reference) }
  } catch (reason) {
    return { reason }
  }
}

function refusedEntry({ statusPurpose }: { readonly statusPurpose: string }): VerificationError {
  const spec = 'Bitstring Status List 1.0 §2.1'
  return statusPurpose === 'suspension' ? suspended(spec) : revoked(spec)
}

function refusedToken(status: number): VerificationError {
  const spec = 'Token Status List §7.1'
  if (status === TOKEN_STATUS.INVALID) return revoked(spec)
  if (status === TOKEN_STATUS.SUSPENDED) return suspended(spec)
  return new VerificationError(
    'COMITY_STATUS_UNKNOWN',
    'the credential has a status that is not known here',
    {
      spec,
      details: { status },
    },
  )
}

function revoked(spec: string): VerificationError {
  return new VerificationError('COMITY_STATUS_REVOKED', 'the credential was revoked', { spec })
}

function suspended(spec: string): VerificationError {
  return new VerificationError('COMITY_STATUS_SUSPENDED', 'the credential is suspended', { spec })
}

function isRevocation({ reason }: Failure): boolean {
  return reason instanceof VerificationError && reason.code === 'COMITY_STATUS_REVOKED'
}
