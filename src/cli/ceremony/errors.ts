import { VerificationError, type VerificationCode } from '../../errors/index.ts'

/** What a file of a ceremony is. */
export type CeremonyFile = 'contribution' | 'ptau' | 'r1cs' | 'wasm' | 'zkey'

/** The error of a file that is not what it must be. `reason` is one of this program's own texts. */
export function malformed(file: CeremonyFile, reason: string, cause?: unknown): VerificationError {
  return refusal('COMITY_CEREMONY_FILE_MALFORMED', `the ${file} file is malformed`, { file, reason }, cause)
}

/** An error of the evidence, with its details. */
export function refusal(
  code: VerificationCode,
  message: string,
  details: Readonly<Record<string, string | number | boolean>> = {},
  cause?: unknown,
): VerificationError {
  return new VerificationError(code, message, { details, ...(cause === undefined ? {} : { cause }) })
}
