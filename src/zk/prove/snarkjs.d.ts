/** What is used here of snarkjs, which has no types of its own. */
declare module 'snarkjs' {
  /** One step of a task: a call of a function of the curve's module, or a transfer to or from its memory. */
  interface CurveCommand {
    readonly cmd: string
    readonly var?: number
    readonly buff?: Uint8Array
    readonly len?: number
    readonly out?: number
    readonly fnName?: string
    readonly params?: readonly {
      readonly var?: number
      readonly val?: number
      readonly offset?: number
    }[]
  }

  interface CurveThreads {
    /** The module of the curve. */
    readonly code: Uint8Array
    singleThread: boolean
    concurrency: number
    queueAction(task: readonly CurveCommand[]): Promise<Uint8Array[]>
  }

  /** A curve, with what computes on it. */
  export interface Curve {
    readonly tm: CurveThreads
  }

  /** The curves that there are. */
  export const curves: {
    getCurveFromName(name: string, options: { readonly singleThread: boolean }): Promise<Curve>
  }

  /** A proof: projective coordinates, in decimal. */
  export interface Groth16Json {
    readonly pi_a: readonly string[]
    readonly pi_b: readonly (readonly string[])[]
    readonly pi_c: readonly string[]
  }

  /** The proof system. */
  export const groth16: {
    prove(
      zkey: Uint8Array,
      witness: Uint8Array,
    ): Promise<{ readonly proof: Groth16Json; readonly publicSignals: readonly string[] }>
  }
}
