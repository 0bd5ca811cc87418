import { readFileSync } from 'node:fs'
import {
  NetworkError,
  PeerError,
  PolicyError,
  TrustError,
  VerificationError,
  type ComityError,
} from '../../src/errors/index.ts'

/** The union of codes that each class takes, by the name of the union. */
const CLASSES = {
  VerificationCode: VerificationError,
  TrustCode: TrustError,
  PolicyCode: PolicyError,
  NetworkCode: NetworkError,
  PeerCode: PeerError,
} as const

/** A code as the source lists it, and the class that its union belongs to. */
export interface CodeClass {
  readonly code: string
  readonly type: new (...args: never[]) => ComityError
}

/** Every code of `src/errors/codes.ts`, in order: types leave no list behind at run time, and the source is one. */
export function codeClasses(): readonly CodeClass[] {
  const source = readFileSync(new URL('../../src/errors/codes.ts', import.meta.url), 'utf8')
  return Object.entries(CLASSES).flatMap(([union, type]) => {
    const [, body = ''] = source.split(`export type ${union} =`)
    const [members = ''] = body.split('export type')
    return [...members.matchAll(/'(COMITY_\w+)'/g)].map(([, code = '']) => ({ code, type }))
  })
}
