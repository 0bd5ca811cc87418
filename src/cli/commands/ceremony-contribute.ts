import { createHash } from 'node:crypto'
import { isName, MAX_NAME_LENGTH } from '../ceremony/contributions.ts'
import { assertFree, readBounded, readCeremonyFile, writeWhole } from '../ceremony/files.ts'
import { createProgress } from '../ceremony/progress.ts'
import { bytesOf, withSnarkjs } from '../ceremony/snarkjs.ts'
import { describeLast } from '../ceremony/transcript.ts'
import { assertOpen, snarkjsWork } from '../ceremony/verify-key.ts'
import { parseKey } from '../ceremony/zkey.ts'
import { assertPrivate } from '../folder.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { randomBytes } from '../../runtime/index.ts'

/** The flags of `comity ceremony contribute`. */
export interface ContributeFlags {
  readonly in: string
  readonly out: string
  readonly name: string
  readonly entropyFile?: string
  readonly json: boolean
}

const SYSTEM_BYTES = 64
const MAX_ENTROPY_BYTES = 1_048_576

/** Adds a contribution to a key, and writes beside the new key what to publish. Gives the exit code. */
export async function contribute(flags: ContributeFlags, output: ProgramOutput): Promise<number> {
  const { out, name, json } = flags
  if (!isName(name))
    throw new UsageError(`--name must have 1 to ${MAX_NAME_LENGTH} characters that can be shown`)
  const beside = `${out}.json`
  await assertFree(out)
  await assertFree(beside)
  const before = await readCeremonyFile(flags.in, 'zkey')
  assertOpen(parseKey(before))

  const progress = createProgress(output, json)
  const entropy = await gather(flags.entropyFile)
  progress.step('contributing')
  const after = await withSnarkjs(progress, async ({ zKey }, log) => {
    const to: { type: 'mem'; data?: Uint8Array } = { type: 'mem' }
    await snarkjsWork(() => zKey.contribute(before, to, name, entropy, log))
    return bytesOf(to)
  })

  const published = describeLast(parseKey(after), name)
  await writeWhole(out, after)
  await writeWhole(beside, `${JSON.stringify(published, null, 2)}\n`)
  print(output, json, { ok: true, key: out, published: beside, ...published }, [
    `written: ${out}, for the one after you`,
    `written: ${beside}, to be published`,
    `contribution ${published.position}: ${published.contribution}`,
  ])
  return 0
}

/** The system's randomness, and what a file adds to it: a bad file cannot take anything away. */
async function gather(file: string | undefined): Promise<string> {
  const hash = createHash('sha512').update(randomBytes(SYSTEM_BYTES))
  if (file !== undefined) {
    await assertPrivate(file)
    const tooLarge = (): UsageError => new UsageError(`${file} is larger than ${MAX_ENTROPY_BYTES} bytes`)
    const more = await readBounded(file, MAX_ENTROPY_BYTES, tooLarge)
    if (more.length === 0) throw new UsageError(`${file} is empty`)
    hash.update(more)
  }
  return hash.digest('hex')
}
