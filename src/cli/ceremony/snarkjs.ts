import type * as Snarkjs from 'snarkjs'
import { NetworkError } from '../../errors/index.ts'
import { refusal } from './errors.ts'
import type { Progress } from './progress.ts'

/** The parts of snarkjs that a ceremony is made with. */
export type SnarkjsModule = Pick<typeof Snarkjs, 'curves' | 'powersOfTau' | 'zKey'>

/**
 * Loads snarkjs, which is GPL-3.0 and not installed with this package.
 *
 * @throws {NetworkError} `COMITY_ZK_SNARKJS_MISSING` when it is not there.
 */
export async function loadSnarkjs(
  load: () => Promise<SnarkjsModule> = () => import('snarkjs'),
): Promise<SnarkjsModule> {
  try {
    return await load()
  } catch (cause) {
    throw new NetworkError(
      'COMITY_ZK_SNARKJS_MISSING',
      'a ceremony needs snarkjs: npm install snarkjs@0.7.6',
      { cause },
    )
  }
}

/** What snarkjs writes to, instead of the console. */
export interface SnarkjsLog {
  readonly debug: (message: string) => void
  readonly info: (message: string) => void
  readonly warn: (message: string) => void
  readonly error: (message: string) => void
}

/**
 * Runs one piece of work of snarkjs on bytes in memory: what was checked is what it reads, and no half-written file or open
 * one is left behind. Its messages become progress; what it says of a failure is kept for `saidLast`.
 */
export async function withSnarkjs<Result>(
  progress: Progress,
  work: (snarkjs: SnarkjsModule, log: SnarkjsLog, saidLast: () => string) => Promise<Result>,
): Promise<Result> {
  const snarkjs = await loadSnarkjs()
  let last = ''
  const hear = (message: string): void => {
    const [, done, of] = /: +(\d{1,12})\/(\d{1,12})$/.exec(message) ?? []
    if (done !== undefined) progress.at(Number(done), Number(of))
  }
  const keep = (message: string): void => {
    last = message.replace(/^INVALID(?:\(\d+\))?: +/, '').trim()
  }
  const { log } = console
  // It says some things to the console, whatever log it is given: standard output is for results.
  console.log = (message: unknown) => keep(String(message))
  try {
    return await work(snarkjs, { debug: hear, info: hear, warn: keep, error: keep }, () => last)
  } finally {
    console.log = log
    // It keeps its threads for the next call, and so the process alive.
    const curve = await snarkjs.curves.getCurveFromName('bn128', { singleThread: false })
    await curve.terminate()
  }
}

/** The bytes that snarkjs was to make. */
export function bytesOf({ data }: { readonly data?: Uint8Array }): Uint8Array {
  if (data === undefined) throw refusal('COMITY_CEREMONY_KEY_REFUSED', 'snarkjs made no key')
  return data
}
