import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../cache.ts'
import { hasGo } from '../go.ts'
import type { Case } from './case.ts'

const BUILD_MS = 600_000
const JUDGE_MS = 120_000
const SOURCES = ['main.go', 'go.mod', 'go.sum']
const execute = promisify(execFile)

/** What go-spiffe says of a case. */
export interface Verdict {
  readonly id: string
  readonly ok: boolean
  /** Whose SVID it is. */
  readonly spiffeId?: string
  readonly error?: string
  /** What go-spiffe took for the time, in seconds since the Unix epoch. */
  readonly now: number
}

/** Where the program is, or is put once it is built: its name goes by what it is made of. */
export async function judgeProgram(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of SOURCES) hash.update(await readFile(join(import.meta.dirname, name)))
  return join(cacheFolder('go-spiffe'), hash.digest('hex').slice(0, 16), 'judge')
}

/** Says why the program cannot be had; undefined where it can. */
export async function whyNoJudge(): Promise<string | undefined> {
  if (existsSync(await judgeProgram()) || (await hasGo())) return undefined
  return 'Go is not installed, and go-spiffe was not built before'
}

/** Builds the program, unless it is there. */
export async function buildJudge(): Promise<string> {
  const program = await judgeProgram()
  if (existsSync(program)) return program
  const home = join(program, '..')
  await mkdir(join(home, '..'), { recursive: true })
  const fresh = await mkdtemp(join(home, '../fresh-'))
  try {
    const args = ['build', '-trimpath', '-buildvcs=false', '-o', join(fresh, 'judge'), '.']
    await execute('go', args, { cwd: import.meta.dirname, timeout: BUILD_MS })
    // Whole or not at all; another run may have been faster.
    await rename(fresh, home).catch((error: unknown) => {
      if (!existsSync(program)) throw error
    })
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return program
}

/** Has go-spiffe judge cases, in their order. */
export async function judge(cases: readonly Case[]): Promise<readonly Verdict[]> {
  const program = await buildJudge()
  const run = execute(program, { timeout: JUDGE_MS, maxBuffer: 2 ** 28 })
  run.child.stdin?.end(cases.map((each) => `${JSON.stringify(each)}\n`).join(''))
  const { stdout } = await run
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Verdict)
}
