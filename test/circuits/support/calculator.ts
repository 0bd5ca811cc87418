/** Runs a circuit's witness calculator: what an honest prover's software computes, and what it refuses. */

/** Inputs of the circuit by name; lists are flattened in order. */
export type Inputs = Readonly<Record<string, bigint | readonly bigint[] | readonly (readonly bigint[])[]>>

/** The calculator met an assertion of the circuit that the inputs do not satisfy. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  /** The templates that the assertion is in, from the inside out, such as `['Num2Bits', 'Predicate', …]`. */
  readonly templates: readonly string[]

  constructor(trace: string) {
    super(trace)
    this.templates = [...trace.matchAll(/template ([A-Za-z0-9]+?)_\d+ line/g)].map((match) => match[1]!)
  }
}

/** The templates of the assertion that refuses inputs, from the inside out; the statement where none does. */
export function refusal(calculator: Calculator, inputs: Inputs): readonly string[] | bigint {
  try {
    return calculator.statement(inputs)
  } catch (error) {
    if (error instanceof RefusedError) return error.templates
    throw error
  }
}

/** Whether a template's own assertion refused, or that of a range or zero check that stands directly in it. */
export function refusedBy(template: string): (templates: readonly string[] | bigint) => boolean {
  return (templates) => {
    if (typeof templates === 'bigint') return false
    const [inner, outer] = templates
    return inner === template || (outer === template && (inner === 'Num2Bits' || inner === 'StrictIsZero'))
  }
}

interface Exports {
  init(sanityCheck: number): void
  getFieldNumLen32(): number
  getRawPrime(): void
  getInputSignalSize(high: number, low: number): number
  setInputSignal(high: number, low: number, position: number): void
  getWitnessSize(): number
  getWitness(index: number): void
  getMessageChar(): number
  readSharedRWMemory(index: number): number
  writeSharedRWMemory(index: number, value: number): void
}

/** Computes witnesses. */
export interface Calculator {
  /** The whole witness: 1, the statement, then all other wires. @throws {RefusedError} An assertion failed. */
  witness(inputs: Inputs): bigint[]
  /** The public output alone. @throws {RefusedError} An assertion failed. */
  statement(inputs: Inputs): bigint
}

/** Makes a calculator of a compiled circuit. */
export async function createCalculator(bytes: Uint8Array): Promise<Calculator> {
  const module = await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>)
  let exports: Exports | undefined

  const run = (inputs: Inputs): Exports => {
    const ready = exports ?? instantiate(module)
    exports = undefined // what an assertion has interrupted is not used again
    ready.init(0)
    for (const [name, value] of Object.entries(inputs)) setInput(ready, name, value)
    exports = ready
    return ready
  }
  return {
    witness(inputs) {
      const ready = run(inputs)
      return Array.from({ length: ready.getWitnessSize() }, (_, index) => readWire(ready, index))
    },
    statement: (inputs) => readWire(run(inputs), 1),
  }
}

function instantiate(module: WebAssembly.Module): Exports {
  let trace = ''
  const message = (): string => {
    let text = ''
    for (let char = exports.getMessageChar(); char !== 0; char = exports.getMessageChar()) {
      text += String.fromCharCode(char)
    }
    return text
  }
  const runtime = {
    exceptionHandler: (code: number): never => {
      throw code === 4 ? new RefusedError(trace) : new Error(`the calculator failed: ${code} ${trace}`)
    },
    printErrorMessage: () => (trace += `${message()}\n`),
    writeBufferMessage: () => message(),
    showSharedRWMemory: () => undefined,
  }
  const exports = new WebAssembly.Instance(module, { runtime }).exports as unknown as Exports
  return exports
}

function setInput(exports: Exports, name: string, value: NonNullable<Inputs[string]>): void {
  const [high, low] = hashName(name)
  const flat: readonly bigint[] = typeof value === 'bigint' ? [value] : value.flat()
  if (exports.getInputSignalSize(high, low) !== flat.length) throw new Error(`${name} has another length`)
  exports.getRawPrime()
  const words = exports.getFieldNumLen32()
  for (const [position, element] of flat.entries()) {
    for (let word = 0; word < words; word++) {
      exports.writeSharedRWMemory(word, Number((element >> BigInt(32 * word)) & 0xffffffffn))
    }
    exports.setInputSignal(high, low, position)
  }
}

function readWire(exports: Exports, index: number): bigint {
  exports.getWitness(index)
  let value = 0n
  for (let word = exports.getFieldNumLen32() - 1; word >= 0; word--) {
    value = (value << 32n) | BigInt(exports.readSharedRWMemory(word) >>> 0)
  }
  return value
}

/** The 64-bit FNV-1a hash by which a calculator knows its inputs. */
function hashName(name: string): [number, number] {
  let hash = 0xcbf29ce484222325n
  for (const char of name) hash = BigInt.asUintN(64, (hash ^ BigInt(char.charCodeAt(0))) * 0x100000001b3n)
  return [Number(hash >> 32n), Number(hash & 0xffffffffn)]
}
