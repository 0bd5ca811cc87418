import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cacheFolder } from '../cache.ts'
import { hasGo } from '../go.ts'

const TOOLS = fileURLToPath(new URL('../../../tools/spire/', import.meta.url))
/** The build takes about seven minutes on two cores that have nothing else to do. */
export const BUILD_MS = 2_400_000
const STEP_SECONDS = 180
const OFFSETS = [1, 2, 11, 12]
const TRIES = 5
const execute = promisify(execFile)

/** One of the two organizations. */
export type Side = 'a' | 'b'

/** What tests need to know of one trust domain. */
export interface SpireDomain {
  readonly side: Side
  readonly trustDomain: string
  /** The SPIFFE ID of this process. */
  readonly workloadId: string
  /** Of the Workload API. */
  readonly socket: string
  readonly serverSocket: string
  readonly bundleEndpoint: string
  readonly bundleEndpointId: string
  /** A file with the bundle as it was at first. */
  readonly bootstrapBundle: string
}

/** Two trust domains that federate with each other, each a SPIRE server and an agent. */
export interface SpirePair {
  readonly a: SpireDomain
  readonly b: SpireDomain
  /** The root of the web's certificates, with `https_web`. */
  readonly webCa?: string
  /** Runs `spire-server` against the server of a side. */
  server(side: Side, ...args: readonly string[]): Promise<string>
  /** Runs `spire-agent` against the agent of a side. */
  agent(side: Side, ...args: readonly string[]): Promise<string>
  /** Starts or ends one process. */
  turn(what: 'stop-agent' | 'start-agent' | 'stop-server' | 'start-server', side: Side): Promise<void>
  /** Ends all and deletes what there is. */
  stop(): Promise<void>
}

/** Says why there is no SPIRE; undefined where it can be had. */
export async function whyNoSpire(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'the scripts need Linux'
  if (isBuilt() || (await hasGo())) return undefined
  return 'Go is not installed, and SPIRE was not built before'
}

function binaries(): string {
  return process.env['SPIRE_BIN'] ?? cacheFolder('spire-1.13.3')
}

function isBuilt(): boolean {
  return ['spire-server', 'spire-agent'].every((name) => existsSync(join(binaries(), name)))
}

/** Builds SPIRE, where that was not done before. It says so, for it takes long. */
export async function buildSpire(): Promise<void> {
  if (isBuilt()) return
  const building = execute(join(TOOLS, 'install.sh'), [binaries()], { timeout: BUILD_MS, maxBuffer: 2 ** 24 })
  building.child.stderr?.pipe(process.stderr, { end: false })
  await building
}

/** Starts the two. Ports and folder are its own, so that several pairs can run at once. */
export async function startPair(settings: Readonly<Record<string, string>> = {}): Promise<SpirePair> {
  const variables = { ...settings }
  await buildSpire()
  // Whoever started the tests may sweep up after them.
  const parent = process.env['COMITY_SPIRE_DIR'] ?? tmpdir()
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'pair-'))
  const script = (verb: string, ...rest: readonly string[]): Promise<string> =>
    run(join(TOOLS, 'two-domains.sh'), [verb, folder, ...rest], variables)
  const stop = async (): Promise<void> => {
    await script('wipe')
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const values = parseVariables(await startOnFreePorts(script, variables))
    const [a, b] = [domainOf('a', values), domainOf('b', values)]
    const webCa = values.get('ORG_WEB_CA')
    const domains = { a, b }
    return {
      a,
      b,
      ...(webCa !== undefined && { webCa }),
      server: (side, ...args) =>
        run(join(binaries(), 'spire-server'), [...args, '-socketPath', domains[side].serverSocket], {}),
      agent: (side, ...args) =>
        run(join(binaries(), 'spire-agent'), [...args, '-socketPath', pathOf(domains[side].socket)], {}),
      async turn(what, side) {
        await script(what, side)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type Script = (verb: string) => Promise<string>

/** Somebody else may take a port after it was found free: then others are tried. */
async function startOnFreePorts(script: Script, variables: Record<string, string>): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    variables['PORT_BASE'] = String(await freePortBase())
    try {
      return await script('start')
    } catch (error) {
      if (tries === TRIES) throw error
      await script('wipe')
    }
  }
}

/** Below the ports that the system gives to clients. */
async function freePortBase(): Promise<number> {
  for (;;) {
    const base = 20_000 + 20 * Math.floor(Math.random() * 600)
    const free = await Promise.all(OFFSETS.map((offset) => isFree(base + offset)))
    if (free.every(Boolean)) return base
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

function parseVariables(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

function domainOf(side: Side, values: ReadonlyMap<string, string>): SpireDomain {
  const value = (name: string): string => values.get(`ORG_${side.toUpperCase()}_${name}`) ?? ''
  return {
    side,
    trustDomain: value('TRUST_DOMAIN'),
    workloadId: value('WORKLOAD_ID'),
    socket: value('ENDPOINT_SOCKET'),
    serverSocket: value('SERVER_SOCKET'),
    bundleEndpoint: value('BUNDLE_ENDPOINT'),
    bundleEndpointId: value('BUNDLE_ENDPOINT_ID'),
    bootstrapBundle: value('BOOTSTRAP_BUNDLE'),
  }
}

/** The programs take the path of a socket and not its URI. */
function pathOf(socket: string): string {
  return socket.replace(/^unix:\/\//, '')
}

async function run(
  program: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const env = { ...process.env, WAIT: String(STEP_SECONDS), SPIRE_BIN: binaries(), ...variables }
  const { stdout } = await execute(program, args, {
    env,
    timeout: 4 * STEP_SECONDS * 1000,
    maxBuffer: 2 ** 24,
  })
  return stdout
}
