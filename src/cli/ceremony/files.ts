import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, open, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { randomId } from '../../runtime/index.ts'
import { exists } from '../folder.ts'
import { UsageError } from '../output.ts'
import { refusal, type CeremonyFile } from './errors.ts'

/** The largest files that are read, in bytes; those of the compliance circuit are 15, 24 and 38 MB. */
export const MAX_BYTES: Readonly<Record<CeremonyFile, number>> = {
  contribution: 65_536,
  ptau: 536_870_912,
  r1cs: 268_435_456,
  wasm: 67_108_864,
  zkey: 536_870_912,
}

/**
 * Reads a file of a ceremony.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_TOO_LARGE`, without reading it.
 * @throws {UsageError} It is no regular file.
 */
export async function readCeremonyFile(path: string, file: CeremonyFile): Promise<Uint8Array> {
  return readBounded(path, MAX_BYTES[file], (size) =>
    refusal('COMITY_CEREMONY_FILE_TOO_LARGE', `the ${file} file is too large`, {
      file,
      size,
      max: MAX_BYTES[file],
    }),
  )
}

/**
 * Reads a regular file of no more than some bytes: not a device, which may have no end.
 *
 * @throws {UsageError} It is no regular file.
 */
export async function readBounded(
  path: string,
  maxBytes: number,
  tooLarge: (size: number) => Error,
): Promise<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new UsageError(`${path} is no file`)
    if (stats.size > maxBytes) throw tooLarge(stats.size)
    const bytes = new Uint8Array(stats.size)
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await handle.close()
  }
}

/** @throws {UsageError} There is something at this path: nothing is overwritten. */
export async function assertFree(path: string): Promise<void> {
  if (await exists(path)) throw new UsageError(`${path} is there already`)
}

/** Writes files that appear all at once, in a new folder, or not at all. */
export async function writeFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  await appear(folder, async (partial) => {
    await mkdir(partial)
    for (const [name, content] of Object.entries(files)) await writeFile(join(partial, name), content)
  })
}

/** Writes a file that appears when it is whole, or not at all. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await appear(path, (partial) => writeFile(partial, content, { flag: 'wx' }))
}

/** Writes a file that only its owner can read, and that was not there before. */
export async function writeSecret(path: string, content: string): Promise<void> {
  await writeFile(path, content, { flag: 'wx', mode: 0o600 })
}

/** Makes something under another name beside it, and gives it its own when it is done. An interrupt removes it. */
async function appear(path: string, make: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${path}.partial-${randomId()}`
  const remove = (): void => rmSync(partial, { recursive: true, force: true })
  const interrupted = (): void => {
    remove()
    process.exit(130)
  }
  await mkdir(dirname(path), { recursive: true })
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  try {
    await make(partial)
    await assertFree(path)
    await rename(partial, path)
  } finally {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
    remove()
  }
}

/** The SHA-256 of a file, in hexadecimal. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
