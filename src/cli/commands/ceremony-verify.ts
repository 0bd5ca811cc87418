import type { Contribution } from '../ceremony/contributions.ts'
import { readCeremonyFile } from '../ceremony/files.ts'
import { createProgress } from '../ceremony/progress.ts'
import { parsePublished, type PublishedContribution } from '../ceremony/transcript.ts'
import { verifyKey, verifyPtau } from '../ceremony/verify-key.ts'
import { print, type ProgramOutput } from '../output.ts'
import { ComityError } from '../../errors/index.ts'
import { readSetup, type SetupFlags } from './ceremony-start.ts'

/** The flags of `comity ceremony verify`. */
export interface VerifyFlags extends SetupFlags {
  readonly zkey: string
  /** Files that contributors have published. */
  readonly contribution: readonly string[]
  readonly checkPtau: boolean
}

/** Verifies a key and prints who contributed to it. Gives the exit code. */
export async function verify(flags: VerifyFlags, output: ProgramOutput): Promise<number> {
  const { json } = flags
  const progress = createProgress(output, json)
  try {
    const { r1cs, ptau } = await readSetup(flags)
    const zkey = await readCeremonyFile(flags.zkey, 'zkey')
    const published = await readPublished(flags.contribution)
    if (flags.checkPtau) await verifyPtau(ptau, progress)
    const contributions = await verifyKey({ r1cs, ptau, zkey, published }, progress)
    const finished = contributions.at(-1)?.beacon !== undefined
    print(output, json, { ok: true, finished, contributions }, [
      ...contributions.map(lineAbout),
      finished ? 'good: finished by a beacon' : 'good so far: no beacon has ended it',
    ])
    return 0
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    const { reason } = error.details
    const why = reason === undefined ? '' : `: ${String(reason)}`
    print(output, json, { ok: false, error }, [`refused: ${error.message} (${error.code}${why})`])
    return 1
  }
}

/** Reads what contributors have published. */
export function readPublished(files: readonly string[]): Promise<readonly PublishedContribution[]> {
  return Promise.all(files.map(async (file) => parsePublished(await readCeremonyFile(file, 'contribution'))))
}

function lineAbout({ position, name, hash, beacon }: Contribution): string {
  const who =
    beacon === undefined ? (name ?? 'nameless') : `beacon ${beacon.hex}, hashed 2^${beacon.iterations} times`
  return `${position}. ${hash} ${who}`
}
