import { ComityError, type ComityErrorCode } from '../../../src/errors/index.ts'

/** The code of the error that a call fails with; undefined where it succeeds, and any other error is thrown on. */
export function codeOf(call: () => unknown): ComityErrorCode | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    if (error instanceof ComityError) return error.code
    throw error
  }
}

/** The same for a call that answers through a promise. */
export async function rejectionOf(call: () => Promise<unknown>): Promise<ComityErrorCode | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (error instanceof ComityError) return error.code
    throw error
  }
}
