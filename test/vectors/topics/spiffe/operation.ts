import type { VectorCase, Verdict } from '../../verdict.ts'

/** A case of SPIFFE's vectors. */
export interface SpiffeCase {
  readonly op: string
  readonly valid: boolean | 'policy'
  /** What the output must be where it is accepted. */
  readonly expect?: Readonly<Record<string, unknown>>
  readonly [member: string]: unknown
}

/** Judges the cases of one `op`. */
export type SpiffeOperation = (
  entry: VectorCase & SpiffeCase & { readonly expect: Readonly<Record<string, unknown>> },
) => Verdict | Promise<Verdict>
