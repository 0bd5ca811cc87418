import { ComityError, VerificationError, type VerificationCode } from '../../errors/index.ts'

/** What a log can fail with, by what is wrong with it. */
export type LogFault = Extract<VerificationCode, `COMITY_DID_LOG_${string}`>

/** Makes the failure of a log; `entry` is the number of the entry that is at fault, where it is one. */
export function logFault(
  code: LogFault,
  message: string,
  context: { readonly spec?: string; readonly entry?: number | undefined; readonly cause?: unknown } = {},
): VerificationError {
  const { spec = 'did:webvh 1.0, Read', entry, cause } = context
  return new VerificationError(code, message, {
    spec,
    ...(entry !== undefined && { details: { entry } }),
    ...(cause !== undefined && { cause }),
  })
}

/** Runs a parser on a part of a log, and blames the log for what the parser refuses. */
export function blame<Value>(code: LogFault, message: string, run: () => Value): Value {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof ComityError) throw logFault(code, message, { cause })
    throw cause
  }
}
