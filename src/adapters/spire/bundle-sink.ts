import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { NetworkError } from '../../errors/index.ts'
import type { BundleSink } from '../../federation/index.ts'
import { formatTrustBundle } from '../../spiffe/index.ts'

/** Which SPIRE server, and how it is talked to. */
export interface SpireBundleSinkOptions {
  /** The absolute path of the socket of its API, `server.sock` or the like. Who may connect to it is SPIRE's administrator. */
  readonly socketPath: string
  /** The program. Defaults to `spire-server`, looked for in `PATH`. */
  readonly command?: string
  /** Milliseconds for one call, 100 to 120 000. Defaults to 10 000. */
  readonly timeoutMs?: number
}

const MAX_OUTPUT_BYTES = 64 * 1024

/** What SPIRE says of a trust domain that it does not federate with. */
const NOT_THERE = /\bNotFound\b|\bnot found\b/i

/**
 * Makes a sink that sets bundles in a SPIRE server, and deletes them, by `spire-server bundle set` and `bundle delete`.
 *
 * Deletion is by `-mode dissociate`: registration entries that federate with the trust domain stay, without it. The
 * program is started without a shell, and a bundle goes to it through a file that nobody else can read.
 *
 * @returns A sink. It rejects with `COMITY_BUNDLE_PUSH_FAILED`, a {@link NetworkError}, when the program cannot be started,
 *   takes too long or fails; `details.exit` has its exit code.
 * @throws {TypeError} An option is missing or out of range.
 * @see {@link https://spiffe.io/docs/latest/deploying/spire_server/#spire-server-bundle-set | SPIRE server, bundle set}
 */
export function createSpireBundleSink(options: SpireBundleSinkOptions): BundleSink {
  const { socketPath, command = 'spire-server', timeoutMs = 10_000 } = options
  if (typeof socketPath !== 'string' || !isAbsolute(socketPath))
    throw new TypeError('options.socketPath must be an absolute path')
  if (typeof command !== 'string' || command === '')
    throw new TypeError('options.command must be a non-empty string')
  if (!(Number.isInteger(timeoutMs) && timeoutMs >= 100 && timeoutMs <= 120_000))
    throw new TypeError('options.timeoutMs must be an integer from 100 to 120000')

  async function call(action: 'set' | 'delete', more: readonly string[]): Promise<void> {
    const result = await run(command, ['bundle', action, '-socketPath', socketPath, ...more], timeoutMs)
    if (result.exit === 0 || (action === 'delete' && NOT_THERE.test(result.output))) return
    throw new NetworkError('COMITY_BUNDLE_PUSH_FAILED', 'the SPIRE server did not take the bundle', {
      details: { action, exit: result.exit },
      cause: result.error,
    })
  }
  const sink: BundleSink = {
    set: async (bundle) => {
      const { uri } = bundle.trustDomain
      await withFile(formatTrustBundle(bundle), (path) =>
        call('set', ['-format', 'spiffe', '-id', uri, '-path', path]),
      )
    },
    delete: ({ uri }) => call('delete', ['-id', uri, '-mode', 'dissociate']),
  }
  return Object.freeze(sink)
}

/** A file that is gone when its use is over. */
async function withFile(text: string, use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'comity-spire-'))
  try {
    const path = join(folder, 'bundle.json')
    await writeFile(path, text, { mode: 0o600 })
    await use(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Outcome {
  /** The exit code, or why there is none. */
  readonly exit: number | string
  readonly output: string
  readonly error: unknown
}

function run(command: string, parameters: readonly string[], timeout: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const settings = {
      timeout,
      maxBuffer: MAX_OUTPUT_BYTES,
      killSignal: 'SIGKILL',
      windowsHide: true,
    } as const
    execFile(command, [...parameters], settings, (error, stdout, stderr) => {
      const exit = error === null ? 0 : (error.code ?? error.signal ?? 'unknown')
      resolve({ exit, output: `${stdout}\n${stderr}`, error: error ?? undefined })
    })
  })
}
