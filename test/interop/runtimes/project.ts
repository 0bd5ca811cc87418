import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { isForNode } from '../../../tools/check-reach.mjs'
import { pack } from '../../../tools/pack.mjs'
import { install } from '../../../tools/smoke.mjs'
import { ROOT } from '../../../tools/support/main.mjs'
import { publicEntries, type Package } from '../../../tools/support/package.mjs'
import type { PinningGiven } from './pinning.mjs'
import type { Given } from './program.mjs'
import { WORKER_COMPATIBILITY_DATE } from './runtimes.ts'

/** A project outside the checkout, which depends on the packed package. */
export interface Project {
  readonly folder: string
  /** The specifiers of the subpaths that have to load anywhere. */
  readonly subpaths: readonly string[]
  /** Deletes it. */
  remove(): void
}

/** What its programs are given. */
export interface ProjectGiven {
  /** For `main.mjs`. */
  readonly main: Given
  /** For `pin.mjs`. */
  readonly pin: PinningGiven
  /** For `worker.mjs`. */
  readonly worker: Given
}

/** What the runtimes resolve imports by, as bundlers for workers do. */
const WORKER_CONDITIONS = ['workerd', 'worker', 'browser']

/** Packs the package, installs the tarball, and writes the programs with what they are given. */
export async function createProject(given: ProjectGiven): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'comity-runtimes-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const pkg = installPacked(folder)
    const subpaths = publicEntries(pkg)
      .filter(({ subpath }) => !isForNode(subpath))
      .map(({ subpath }) => `comity${subpath.slice(1)}`)
    for (const name of ['program.mjs', 'pinning.mjs']) {
      copyFileSync(join(import.meta.dirname, name), join(folder, name))
    }
    writeModules(folder, subpaths, given)
    await bundleWorker(folder)
    return { folder, subpaths, remove }
  } catch (error) {
    remove()
    throw error
  }
}

function installPacked(folder: string): Package {
  mkdirSync(join(ROOT, '.cache'), { recursive: true })
  const packed = mkdtempSync(join(ROOT, '.cache/runtimes-'))
  try {
    const problems = pack(packed)
    if (problems.length > 0) throw new Error(problems.join('\n'))
    return install(join(packed, 'comity.tgz'), folder)
  } finally {
    rmSync(packed, { recursive: true, force: true })
  }
}

function writeModules(folder: string, subpaths: readonly string[], given: ProjectGiven): void {
  const loaders = subpaths.map((name) => `  '${name}': () => import('${name}'),`)
  const write = (name: string, lines: readonly string[]): void => {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
  }
  write('given.mjs', [
    `export const given = ${JSON.stringify(given)}`,
    'export const subpaths = {',
    ...loaders,
    '}',
  ])
  write('main.mjs', [
    "import { report } from './program.mjs'",
    "import { given, subpaths } from './given.mjs'",
    'console.log(JSON.stringify(await report(subpaths, given.main)))',
  ])
  write('pin.mjs', [
    "import { createTransport } from './node_modules/comity/dist/net/transport/node.js'",
    "import { pinnings } from './pinning.mjs'",
    "import { given } from './given.mjs'",
    'console.log(JSON.stringify(await pinnings(createTransport, given.pin)))',
  ])
  write('worker.mjs', [
    // Loaded before any request comes, when a worker may neither draw random numbers nor set timers.
    ...subpaths.map((name) => `import '${name}'`),
    "import { report } from './program.mjs'",
    "import { given, subpaths } from './given.mjs'",
    'export default { fetch: async () => Response.json(await report(subpaths, given.worker)) }',
  ])
}

/** `sideEffects` is ignored, so that a module is loaded although nobody uses what it exports. */
async function bundleWorker(folder: string): Promise<void> {
  await build({
    entryPoints: [join(folder, 'worker.mjs')],
    outfile: join(folder, 'worker.bundle.mjs'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: WORKER_CONDITIONS,
    ignoreAnnotations: true,
    logLevel: 'silent',
  })
  writeFileSync(
    join(folder, 'outside.mjs'),
    "export default { fetch: () => new Response('the network was reached') }\n",
  )
  writeFileSync(join(folder, 'worker.capnp'), WORKER_CONFIG)
}

const WORKER_CONFIG = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "outside", worker = .outside),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.bundle.mjs")],
  compatibilityDate = "${WORKER_COMPATIBILITY_DATE}",
  globalOutbound = "outside",
);

const outside :Workerd.Worker = (
  modules = [(name = "outside", esModule = embed "outside.mjs")],
  compatibilityDate = "${WORKER_COMPATIBILITY_DATE}",
);
`
