/**
 * The packed package in the runtimes that it promises to work in. They come from the npm registry, and what
 * cannot be had is a failure: otherwise nobody would notice that a runtime is no longer tested.
 */
import { afterAll, describe, expect, it } from 'vitest'
import { verifyCredential } from '../../../src/credentials/index.ts'
import { createDidResolver } from '../../../src/did/index.ts'
import { SIGNATURE_ALGORITHMS } from '../../../src/keys/index.ts'
import { createGuardedFetch } from '../../../src/net/index.ts'
import { createStatusChecker } from '../../../src/status/index.ts'
import { createTrustRegistry } from '../../../src/trust/index.ts'
import { HOLDER, createEvidence, type Evidence } from './evidence.ts'
import { installProgram } from './install.ts'
import type { Report } from './program.mjs'
import { createProject, type Project } from './project.ts'
import { fetchCases, pinningCases } from './requests.ts'
import { runModule } from './run.ts'
import { RUNTIMES, type Runtime } from './runtimes.ts'
import { startServers, type Servers } from './servers.ts'

interface Stage {
  readonly servers: Servers
  readonly evidence: Evidence
  readonly project: Project
}

// Made and run within tests, and once each: what fails in a hook has its tests skipped instead.
let stage: Promise<Stage> | undefined
const runs = new Map<string, Promise<unknown>>()
const onEnd: (() => void)[] = []

async function createStage(): Promise<Stage> {
  // All at once, beside the build. Whoever needs one that cannot be had will hear of it.
  for (const { program } of RUNTIMES)
    if (program !== undefined) installProgram(program).catch(() => undefined)
  const servers = await startServers()
  onEnd.push(servers.close)
  const evidence = await createEvidence()
  const { expected: _expected, ...given } = evidence
  const { given: net, strangers } = fetchCases(servers)
  const project = await createProject({
    main: { ...given, net },
    pin: pinningCases(servers).given,
    worker: { ...given, net: strangers },
  })
  onEnd.push(project.remove)
  return { servers, evidence, project }
}

afterAll(() => {
  for (const end of onEnd) end()
})

function staged(): Promise<Stage> {
  return (stage ??= createStage())
}

async function resultOf(runtime: Runtime, module: string): Promise<unknown> {
  const { project } = await staged()
  const key = `${runtime.name} ${module}`
  const run = runs.get(key) ?? runModule(runtime, project.folder, module)
  runs.set(key, run)
  return run
}

describe.each(RUNTIMES)('$name', { timeout: 300_000 }, (runtime) => {
  const report = async (): Promise<Stage & Report> => {
    const result = (await resultOf(runtime, 'main.mjs')) as Report
    return { ...(await staged()), ...result }
  }

  it('loads every subpath that is not made for Node', async () => {
    const { subpaths, project } = await report()
    expect(subpaths).toEqual(Object.fromEntries(project.subpaths.map((name) => [name, 'loaded'])))
    expect(project.subpaths).toContain('comity/credentials')
  })

  it('verifies good credentials and refuses bad ones', async () => {
    const { credentials, evidence } = await report()
    expect(credentials).toEqual(evidence.expected)
  })

  it('issues credentials that verify here', async () => {
    const { issued } = await report()
    expect(Object.keys(issued).sort()).toEqual([...SIGNATURE_ALGORITHMS].sort())
    const fetch = createGuardedFetch()
    const resolver = createDidResolver({ fetch })
    const status = createStatusChecker({ fetch, resolver })
    for (const { did, token } of Object.values(issued)) {
      const trust = createTrustRegistry({ issuers: [{ did, types: ['AgentPostureCredential'] }] })
      const options = { resolver, trust, status, holder: HOLDER }
      await expect(verifyCredential(token, options)).resolves.toMatchObject({ issuer: did })
    }
  })

  if (runtime.kind === 'pinless') {
    it('refuses to fetch for a stranger', async () => {
      const { answers, servers } = await report()
      expect(answers).toEqual(fetchCases(servers).refusals)
    })
    return
  }

  it('fetches within its limits', async () => {
    const { answers, servers } = await report()
    expect(answers).toEqual(fetchCases(servers).expected)
  })

  it('connects to the address it was told, and to no other', async () => {
    const answers = await resultOf(runtime, 'pin.mjs')
    const { servers } = await staged()
    expect(answers).toEqual(pinningCases(servers).expected)
  })
})
