/**
 * How one case of the vectors is judged, and what the judgement may say.
 */
import { isDeepStrictEqual } from 'node:util'
import { ComityError } from '../../src/errors/index.ts'
import type { ScopeRule } from './scope.ts'

/** One case. Its README says the other members; of them nothing is known before a driver has looked. */
export interface VectorCase {
  readonly id: string
  readonly expected: {
    readonly result: 'valid' | 'invalid' | 'either' | 'acceptable'
    readonly [member: string]: unknown
  }
  readonly [member: string]: unknown
}

/** What is known of the file that a case is in. */
export interface VectorFile {
  /** The folder's name. */
  readonly topic: string
  /** The file's own `file` or `kind`, or its name without `.json`. */
  readonly name: string
}

/** What a driver says of a case: that it passed, why it failed, or which rule puts it out of scope. */
export type Verdict =
  | { readonly outcome: 'pass' }
  | { readonly outcome: 'fail'; readonly why: string }
  | { readonly outcome: 'skip'; readonly rule: ScopeRule }

/** Judges the cases of one topic. It never goes by a case's `id`. What it throws counts as a failure. */
export type Driver = (entry: VectorCase, file: VectorFile) => Verdict | Promise<Verdict>

export const PASS: Verdict = { outcome: 'pass' }

export function fail(why: string): Verdict {
  return { outcome: 'fail', why }
}

/** Passes where nothing was found to be wrong. */
export function passUnless(wrong: string | undefined): Verdict {
  return wrong === undefined ? PASS : fail(wrong)
}

/** What came of a call: its value, or the error that it was refused with. */
export type Attempt<T> = { readonly value: T } | { readonly refused: ComityError }

/** Makes a call that may refuse. Anything thrown but a ComityError is a fault of ours and is thrown on. */
export async function attempt<T>(call: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await call() }
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    return { refused: error }
  }
}

/**
 * Holds what came of a call against what the case expects: `valid` is accepted with the right output, `invalid` is
 * refused, and anything else may be refused or accepted with the right output.
 *
 * @param check - Says what is wrong with the output.
 */
export function judge<T>(
  entry: VectorCase,
  result: Attempt<T>,
  check: (value: T) => string | undefined = () => undefined,
): Verdict {
  const { result: expected } = entry.expected
  if ('refused' in result) {
    return expected === 'valid' ? fail(`is valid and was refused: ${describe(result.refused)}`) : PASS
  }
  if (expected === 'invalid') return fail('is invalid and was accepted')
  return passUnless(check(result.value))
}

/** Makes a call and judges what comes of it, see {@link judge}. */
export async function judgeCall<T>(
  entry: VectorCase,
  call: () => T | Promise<T>,
  check?: (value: T) => string | undefined,
): Promise<Verdict> {
  return judge(entry, await attempt(call), check)
}

/**
 * Judges a case that needs something which Comity does without on purpose. Whatever it expects, it has to be refused;
 * only then a case that is `valid` for others is out of scope.
 */
export async function judgeForeign(
  rule: ScopeRule,
  entry: VectorCase,
  call: () => unknown,
): Promise<Verdict> {
  const result = await attempt(call)
  if (!('refused' in result)) return fail(`was accepted, and is out of scope (${rule})`)
  return entry.expected.result === 'valid' ? { outcome: 'skip', rule } : PASS
}

/** Says that two values differ, without repeating what may be long. */
export function difference(what: string, actual: unknown, expected: unknown): string | undefined {
  if (isDeepStrictEqual(plain(actual), plain(expected))) return undefined
  return `${what} is ${shorten(actual)} and should be ${shorten(expected)}`
}

/** An error as one line. */
export function describe(error: unknown): string {
  if (error instanceof ComityError) return `${error.code}, ${error.message}`
  return error instanceof Error ? `${error.name}, ${error.message}` : String(error)
}

/** The same JSON with ordinary prototypes. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

function shorten(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
