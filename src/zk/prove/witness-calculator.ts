import type { CircuitInput } from './circuit-input.ts'

/** The circuit refused the input: some rule of it does not hold, or the input has another form than its signals. */
export class WitnessRefused extends Error {
  /** Names the class. */
  override readonly name = 'WitnessRefused'
  /** The circuit's own number for it: 4 is a rule that does not hold. */
  readonly reason: number

  constructor(reason: number) {
    super('the circuit refuses the input') // nothing of the circuit's own text, which may quote values
    this.reason = reason
  }
}

/** The rule that does not hold. */
const ASSERT_FAILED = 4
/** The input's form does not fit. */
const SIGNALS_DIFFER = 1

/** What circom 2 compiles a circuit's witness calculator to: a module with these functions, numbers in 32-bit limbs. */
interface CircuitExports {
  readonly memory?: WebAssembly.Memory
  readonly getFieldNumLen32: () => number
  readonly getRawPrime: () => void
  readonly readSharedRWMemory: (limb: number) => number
  readonly writeSharedRWMemory: (limb: number, value: number) => void
  readonly init: (checkRules: number) => void
  readonly getInputSignalSize: (hashHigh: number, hashLow: number) => number
  readonly setInputSignal: (hashHigh: number, hashLow: number, index: number) => void
  readonly getInputSize: () => number
  readonly getWitnessSize: () => number
  readonly getWitness: (index: number) => void
}

/**
 * Computes the value of every signal of the circuit, in a fresh instance, which is wiped afterwards.
 *
 * @param circuit - The compiled witness calculator, as circom 2 makes it.
 * @param input - The input signals.
 * @returns The witness in the form of a `.wtns` file. It holds secrets: wipe it after use.
 * @throws {WitnessRefused} When a rule of the circuit does not hold, or the input's form is another one.
 */
export async function calculateWitness(
  circuit: WebAssembly.Module,
  input: CircuitInput,
): Promise<Uint8Array<ArrayBuffer>> {
  let failure = 0
  const refuse = (reason: number): never => {
    failure = reason
    throw new WitnessRefused(reason)
  }
  const ignore = (): void => undefined
  const runtime = {
    exceptionHandler: refuse,
    printErrorMessage: ignore,
    writeBufferMessage: ignore,
    showSharedRWMemory: ignore,
    log: ignore,
  }
  const instance = await WebAssembly.instantiate(circuit, { runtime })
  const exports = instance.exports as unknown as CircuitExports
  try {
    exports.init(1)
    setSignals(exports, input)
    return readWitness(exports)
  } catch (cause) {
    if (cause instanceof WitnessRefused) throw cause
    throw new WitnessRefused(failure === 0 ? ASSERT_FAILED : failure) // a trap
  } finally {
    if (exports.memory !== undefined) new Uint8Array(exports.memory.buffer).fill(0)
  }
}

function setSignals(exports: CircuitExports, input: CircuitInput): void {
  const limbs = exports.getFieldNumLen32()
  let count = 0
  for (const [name, value] of Object.entries(input) as [string, unknown][]) {
    const numbers = [value].flat(2) as bigint[]
    const hash = fnv1a(name)
    const [high, low] = [Number(hash >> 32n) | 0, Number(hash & 0xffffffffn) | 0]
    if (exports.getInputSignalSize(high, low) !== numbers.length) throw new WitnessRefused(SIGNALS_DIFFER)
    for (const [index, number] of numbers.entries()) {
      for (let limb = 0; limb < limbs; limb++) {
        exports.writeSharedRWMemory(limb, Number((number >> BigInt(32 * limb)) & 0xffffffffn) | 0)
      }
      exports.setInputSignal(high, low, index)
      count++
    }
  }
  if (count !== exports.getInputSize()) throw new WitnessRefused(SIGNALS_DIFFER)
}

/** Version 2 of the format: the prime and the number of signals in section 1, the signals in section 2. */
function readWitness(exports: CircuitExports): Uint8Array<ArrayBuffer> {
  const limbs = exports.getFieldNumLen32()
  const count = exports.getWitnessSize()
  const words = new Uint32Array(11 + limbs + count * limbs)
  const headerBytes = 8 + 4 * limbs
  words.set([0x736e7477, 2, 2, 1, headerBytes, 0, 4 * limbs]) // `wtns`
  let at = 7
  const copy = (): void => {
    for (let limb = 0; limb < limbs; limb++) words[at++] = exports.readSharedRWMemory(limb)
  }
  exports.getRawPrime()
  copy()
  words[at++] = count
  words.set([2, 4 * limbs * count, 0], at)
  at += 3
  for (let index = 0; index < count; index++) {
    exports.getWitness(index)
    copy()
  }
  return new Uint8Array(words.buffer)
}

/** The 64-bit hash by which the module knows its signals. */
function fnv1a(name: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(name)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  }
  return hash
}
