import type { StatusChecker, StatusEntry, StatusQuestion } from '../credentials/index.ts'
import { VerificationError } from '../errors/index.ts'
import { createStatusReader, type StatusReader, type StatusReaderOptions } from './status-reader.ts'

/** What {@link createStatusChecker} is made with. */
export interface StatusCheckerOptions extends StatusReaderOptions {
  /** What a list that cannot be had means. There is one answer: the credential is refused. */
  readonly unreachable?: 'fail'
}

/**
 * Makes a checker of revocation and suspension by Bitstring status lists.
 *
 * It fails closed: a status that cannot be read refuses the credential. Lists are cached as
 * {@link StatusReaderOptions} says, so what it says can be that old.
 *
 * @param options - See {@link StatusCheckerOptions}.
 * @returns A checker. Of several entries it judges all; a revocation that one of them shows counts before what is
 *   wrong with the others.
 * @throws {TypeError} When an option is out of range.
 */
export function createStatusChecker(options: StatusCheckerOptions): StatusChecker {
  const { unreachable = 'fail' } = options
  if ((unreachable as unknown) !== 'fail') throw new TypeError("options.unreachable can only be 'fail'")
  const reader = createStatusReader(options)
  return Object.freeze({
    async check(question: StatusQuestion): Promise<void> {
      const { entries } = question
      const results = await Promise.all(entries.map((entry) => judge(reader, entry, question)))
      const failures = results.filter((result) => result !== undefined)
      const failure = failures.find(isStatus('COMITY_STATUS_REVOKED')) ?? failures[0]
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
  entry: StatusEntry,
  question: StatusQuestion,
): Promise<Failure | undefined> {
  try {
    const status = await reader.read(entry, question)
    return status === 0 ? undefined : { reason: refused(entry) }
  } catch (reason) {
    return { reason }
  }
}

function refused({ statusPurpose }: StatusEntry): VerificationError {
  const spec = 'Bitstring Status List 1.0 §2.1'
  return statusPurpose === 'suspension'
    ? new VerificationError('COMITY_STATUS_SUSPENDED', 'the credential is suspended', { spec })
    : new VerificationError('COMITY_STATUS_REVOKED', 'the credential was revoked', { spec })
}

function isStatus(code: 'COMITY_STATUS_REVOKED'): (failure: Failure) => boolean {
  return ({ reason }) => reason instanceof VerificationError && reason.code === code
}
