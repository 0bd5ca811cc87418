import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { createSpiffeAuthority, startFakeWorkloadApi } from '../../src/testing/index.ts'

const CLI = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url))
const ARGUMENTS = ['--import', 'tsx', '--conditions=comity-source', CLI, 'demo', '--json', '--spire']
const run = promisify(execFile)

async function folderFor(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'comity-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'a'))
  return folder
}

it('says so, and fails, where no SPIRE answers', { timeout: 180_000 }, async () => {
  const { code, stdout } = (await run(process.execPath, [...ARGUMENTS, await folderFor()]).catch(
    (error: unknown) => error,
  )) as { code?: number; stdout: string }
  expect(code).toBe(1)
  expect(stdout.split('\n')[0]).toContain('COMITY_WORKLOAD_API_UNAVAILABLE')
})

it(
  'shows the SVID of the agent that `--spire` names, and Globex learns its trust domain',
  {
    timeout: 180_000,
  },
  async () => {
    const folder = await folderFor()
    const authority = await createSpiffeAuthority('org-a.test')
    const api = await startFakeWorkloadApi({ authority, socketPath: join(folder, 'a', 'agent.sock') })
    onTestFinished(() => api.close())
    const { stdout } = await run(process.execPath, [...ARGUMENTS, folder])
    const steps = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { step: string; ok: boolean; detail: Record<string, unknown> })
    expect(steps.filter(({ ok }) => !ok)).toEqual([])
    expect(steps[0]?.detail).toMatchObject({ "Acme's trust domain, from SPIRE": 'org-a.test' })
    expect(steps.find(({ step }) => step === "the agent shows SPIRE's SVID")?.detail).toMatchObject({
      'Globex saw': 'spiffe://org-a.test/workload',
    })
  },
)
