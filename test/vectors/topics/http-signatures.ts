import type { Driver } from '../verdict.ts'

/** HTTP message signatures (RFC 9421): nothing of them is in the library. */
export const httpSignatures: Driver = () => ({ outcome: 'skip', rule: 'http-signatures' })
