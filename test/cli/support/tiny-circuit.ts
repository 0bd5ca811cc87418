import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** A circuit small enough for a ceremony in a test, compiled. */
export interface TinyCircuit {
  /** Paths of files. */
  readonly r1cs: string
  /** A folder with `compliance.wasm` and `manifest.json`, as a build of the compliance circuit leaves it. */
  readonly folder: string
}

/** What snarkjs has for the first phase of a setup, and no types. */
interface FirstPhase {
  readonly curves: { getCurveFromName(name: string): Promise<{ terminate(): Promise<void> }> }
  readonly powersOfTau: Readonly<Record<string, (...given: unknown[]) => Promise<unknown>>>
}

/** Compiles the circuit whose output is the input to some power. */
export async function compileTiny(folder: string, power: number): Promise<TinyCircuit> {
  const steps = Array.from({ length: power - 1 }, (_, index) => `s[${index + 1}] <== s[${index}] * x;`)
  const source = `pragma circom 2.1.0;
template Power() { signal input x; signal s[${power}]; signal output y; s[0] <== x; ${steps.join(' ')} y <== s[${power - 1}]; }
component main = Power();
`
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'main.circom'), source)
  const compiler = join(dirname(createRequire(import.meta.url).resolve('circom2')), 'cli.js')
  const words = [compiler, '--O2', '--r1cs', '--wasm', '-o', folder, join(folder, 'main.circom')]
  await promisify(execFile)(process.execPath, words)
  const r1cs = await readFile(join(folder, 'main.r1cs'))
  const wasm = await readFile(join(folder, 'main_js/main.wasm'))
  await writeFile(join(folder, 'compliance.wasm'), wasm)
  const manifest = {
    setup: 'development',
    artifacts: { 'compliance.wasm': { sha256: sha256(wasm), bytes: wasm.length } },
    r1cs: { sha256: sha256(r1cs), constraints: power - 1 },
    versions: { circom2: '0.2.23' },
  }
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest))
  return { r1cs: join(folder, 'main.r1cs'), folder }
}

/** Powers of tau that reach 2^power; with nobody's real randomness in them. */
export async function makePtau(power: number): Promise<{ unprepared: Uint8Array; prepared: Uint8Array }> {
  const { curves, powersOfTau } = (await import('snarkjs')) as unknown as FirstPhase
  const curve = await curves.getCurveFromName('bn128')
  const [first, second, third] = [memory(), memory(), memory()]
  await powersOfTau['newAccumulator']?.(curve, power, first)
  await powersOfTau['contribute']?.(first, second, 'a test', 'no secret')
  await powersOfTau['preparePhase2']?.(second, third)
  await curve.terminate()
  return { unprepared: second.data, prepared: third.data }
}

/** The SHA-256 of bytes, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function memory(): { type: 'mem'; data: Uint8Array } {
  return { type: 'mem', data: new Uint8Array() }
}
