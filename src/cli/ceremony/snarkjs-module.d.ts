/** What is used here of snarkjs, which has no types of its own. */
declare module 'snarkjs' {
  /** Where a result goes: `data` is there once the call is done. */
  interface MemoryFile {
    readonly type: 'mem'
    data?: Uint8Array
  }

  interface Logger {
    readonly debug: (message: string) => void
    readonly info: (message: string) => void
    readonly warn: (message: string) => void
    readonly error: (message: string) => void
  }

  /** Keys of one circuit: the second phase of a setup. */
  export const zKey: {
    /** Gives -1, and says why to the logger, when the inputs do not go together. */
    newZKey(r1cs: Uint8Array, ptau: Uint8Array, out: MemoryFile, logger: Logger): Promise<Uint8Array | -1>
    contribute(
      key: Uint8Array,
      out: MemoryFile,
      name: string,
      entropy: string,
      logger: Logger,
    ): Promise<Uint8Array>
    /** Gives false, and says why to the logger, when the beacon is malformed. */
    beacon(
      key: Uint8Array,
      out: MemoryFile,
      name: string,
      beacon: string,
      iterationsExponent: number,
      logger: Logger,
    ): Promise<Uint8Array | false>
    verifyFromInit(first: Uint8Array, ptau: Uint8Array, key: Uint8Array, logger: Logger): Promise<boolean>
    exportVerificationKey(key: Uint8Array, logger: Logger): Promise<unknown>
  }

  /** What does not depend on the circuit: the first phase of a setup. */
  export const powersOfTau: {
    verify(ptau: Uint8Array, logger: Logger): Promise<boolean>
  }

  /** With its threads, which all calls share. */
  export interface Curve {
    terminate(): Promise<void>
  }
}
