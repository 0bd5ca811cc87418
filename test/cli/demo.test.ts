import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { judgeScopeShown } from '../../src/cli/demo/scope-shown.ts'

const CLI = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url))
const ARGUMENTS = ['--import', 'tsx', '--conditions=comity-source', CLI, 'demo', '--json']

interface Step {
  readonly step: string
  readonly ok: boolean
  readonly ms: number
  readonly detail: Record<string, unknown>
}

/** Runs the demo in a process group of its own, so that it can be told what is left of it. */
async function runDemo(): Promise<{ code: number | null; steps: Step[]; left: boolean }> {
  const child = spawn(process.execPath, ARGUMENTS, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const steps = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Step)
  return { code, steps, left: await staysAlive(-(child.pid ?? 0)) }
}

/** The transpiler that runs the sources here ends a moment after the process that it served. */
async function staysAlive(group: number): Promise<boolean> {
  for (let attempt = 0; attempt < 50 && isAlive(group); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return isAlive(group)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('comity demo', () => {
  it(
    'twice at once: every step is ok, the exit code is 0, and no process is left',
    { timeout: 300_000 },
    async () => {
      for (const { code, steps, left } of await Promise.all([runDemo(), runDemo()])) {
        expect(steps.filter(({ ok }) => !ok)).toEqual([])
        expect(steps.map(({ step }) => step)).toEqual([
          'publish DIDs over HTTPS',
          'issue credentials',
          'handshake with mutual demands',
          'only two claims of the scope are shown',
          'allowed call',
          'an agent proves what it is and shows nothing',
          'call outside the grant is refused',
          'stale posture is refused in the handshake',
          'stolen token with another key is refused',
          'replayed request is refused',
          'relayed handshake is refused',
          'revocation ends the open session',
          'and the session of whom nobody knows',
          'who did what for whom',
        ])
        expect(steps[3]?.detail).toEqual({
          'Globex saw': 'autonomyLevel, oversight',
          'kept back': 'tools, dataClasses, jurisdictions',
        })
        for (const step of steps) expect(Object.keys(step)).toEqual(['step', 'ok', 'ms', 'detail'])
        expect(code).toBe(0)
        expect(left).toBe(false)
      }
    },
  )
})

describe('the step about the scope', () => {
  const HELD = ['autonomyLevel', 'tools', 'oversight']
  const ITSELF = ['iss', 'sub', 'vct', 'nbf', 'exp', 'cnf', 'status']
  const asSdJwt = (...names: string[]): { type: string; claimNames: string[] } => ({
    type: 'AgentScopeCredential',
    claimNames: [...ITSELF, ...names],
  })
  const twoClaims = asSdJwt('oversight', 'autonomyLevel')

  it('is ok with the two claims', () => {
    expect(judgeScopeShown([{ type: 'AgentPostureCredential' }, twoClaims], HELD)).toEqual({
      ok: true,
      detail: { 'Globex saw': 'autonomyLevel, oversight', 'kept back': 'tools' },
    })
  })

  it.each([
    ['a third claim', [asSdJwt('autonomyLevel', 'oversight', 'tools')]],
    ['a claim that nobody knows of', [asSdJwt('autonomyLevel', 'oversight', 'unheard-of')]],
    ['one claim missing', [asSdJwt('autonomyLevel')]],
    ['another claim instead', [asSdJwt('autonomyLevel', 'tools')]],
    ['a vc+jwt', [{ type: 'AgentScopeCredential' }]],
    ['a vc+jwt beside it', [twoClaims, { type: 'AgentScopeCredential' }]],
    ['a second showing', [twoClaims, asSdJwt('tools')]],
    ['no scope', [{ type: 'AgentPostureCredential' }]],
  ])('fails with %s', (_name, credentials) => {
    expect(judgeScopeShown(credentials, HELD).ok).toBe(false)
  })
})
