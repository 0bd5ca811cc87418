import { ComityError, type ComityErrorCode } from '../../src/errors/index.ts'

/** The code that a call fails with; undefined where it returns. Anything but a ComityError is thrown on. */
export function codeOf(run: () => unknown): ComityErrorCode | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    return error.code
  }
}

/** The code that a promise rejects with; undefined where it resolves. Anything but a ComityError is thrown on. */
export async function codeOfPromise(run: () => Promise<unknown>): Promise<ComityErrorCode | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    return error.code
  }
}
