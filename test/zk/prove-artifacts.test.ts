import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ARTIFACT_FILES, loadArtifacts, type ArtifactFile } from '../../src/zk/prove.ts'
import { rejectionOf } from './support/code-of.ts'
import { BUILD } from './support/prove-world.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comity-artifacts-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

const restore = async (): Promise<void> => {
  for (const file of [...ARTIFACT_FILES, 'manifest.json'])
    await copyFile(join(BUILD, file), join(folder, file))
}

/** One byte changed, one too many, one too few. */
const TAMPER: readonly [string, (bytes: Buffer) => Buffer][] = [
  ['changed', (bytes) => Buffer.from(bytes.map((byte, at) => (at === bytes.length - 9 ? byte ^ 1 : byte)))],
  ['longer', (bytes) => Buffer.concat([bytes, Buffer.from(' ')])],
  ['shorter', (bytes) => bytes.subarray(0, -1)],
]

describe('loadArtifacts', () => {
  it('warns of a development setup, unless that was accepted', async () => {
    const heard: string[] = []
    const artifacts = await loadArtifacts(BUILD, { warn: (message) => heard.push(message) })
    expect(artifacts.manifest.constraints).toBeLessThan(2 ** 15)
    expect(heard).toHaveLength(1)
    expect(heard[0]).toContain('forge')
    await loadArtifacts(BUILD, { acceptDevelopmentSetup: true, warn: (message) => heard.push(message) })
    expect(heard).toHaveLength(1)
  })

  it.each(ARTIFACT_FILES.flatMap((file) => TAMPER.map(([how, change]) => ({ file, how, change }))))(
    'refuses $file that is $how',
    async ({ file, change }) => {
      await restore()
      await writeFile(join(folder, file), change(await readFile(join(folder, file))))
      const options = { acceptDevelopmentSetup: true }
      expect(await rejectionOf(() => loadArtifacts(folder, options))).toBe('COMITY_ZK_ARTIFACT_MISMATCH')
    },
  )

  it.each<ArtifactFile | 'manifest.json'>(['manifest.json', ...ARTIFACT_FILES])(
    'says that %s is not there',
    async (file) => {
      await restore()
      await rm(join(folder, file))
      const options = { acceptDevelopmentSetup: true }
      expect(await rejectionOf(() => loadArtifacts(folder, options))).toBe('COMITY_ZK_ARTIFACT_UNREADABLE')
    },
  )
})
