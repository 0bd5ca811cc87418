import { createHash, timingSafeEqual } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson, type JsonValue } from '../../encoding/index.ts'
import { NetworkError, VerificationError } from '../../errors/index.ts'
import { parseVerificationKey, type VerificationKey } from '../verification-key.ts'
import { parseManifest, type ArtifactFile, type ArtifactManifest } from './manifest.ts'

/** What proofs are made with, read and checked. Only {@link loadArtifacts} makes one. */
export interface ProverArtifacts {
  /** What the folder says of itself. */
  readonly manifest: ArtifactManifest
  /** The witness calculator, compiled. */
  readonly circuit: WebAssembly.Module
  /** The proving key, in memory that threads share. */
  readonly zkey: Uint8Array<SharedArrayBuffer>
  /** The key that proofs are checked with. */
  readonly verificationKey: VerificationKey
  /** The same as it stands in its file, for threads. */
  readonly verificationKeyJson: JsonValue
}

/** How artifacts are loaded. */
export interface LoadArtifactsOptions {
  /** True where a setup by one party, who could forge proofs, is good enough: no warning is given. Defaults to false. */
  readonly acceptDevelopmentSetup?: boolean
  /** Is told that the setup is for development. Defaults to a warning of the process. */
  readonly warn?: (message: string) => void
}

const MANIFEST_BYTES = 65_536
/** Small enough that hashing one does not hold up the event loop. */
const CHUNK_BYTES = 262_144
const WARNING = 'the proving key is from a development setup: whoever made it can forge compliance proofs'

const loaded = new WeakSet<ProverArtifacts>()

/**
 * Reads the manifest and the artifacts of a folder, such as the `build` of the package of circuits. What is used is what
 * was hashed: nothing is read twice.
 *
 * @param folder - Where `manifest.json` and the files that it names are.
 * @param options - See {@link LoadArtifactsOptions}.
 * @returns The artifacts, about 24 MB that all provers over them share.
 * @throws {VerificationError} `COMITY_ZK_MANIFEST_INVALID`; `COMITY_ZK_ARTIFACT_MISMATCH` when a file has another
 *   length or hash than the manifest says, or is not what its name says; what `parseJson` and `parseVerificationKey` throw.
 * @throws {NetworkError} `COMITY_ZK_ARTIFACT_UNREADABLE` when a file is not there or cannot be read.
 */
export async function loadArtifacts(
  folder: string,
  options: LoadArtifactsOptions = {},
): Promise<ProverArtifacts> {
  const manifest = parseManifest(await readManifest(join(folder, 'manifest.json')))
  const read = (file: ArtifactFile): Promise<Uint8Array<SharedArrayBuffer>> =>
    readArtifact(join(folder, file), file, manifest)
  const key = await read('verification_key.json')
  const verificationKeyJson = parseJson(new Uint8Array(key))
  const verificationKey = parseVerificationKey(verificationKeyJson, { acceptDevelopmentSetup: true })
  const { acceptDevelopmentSetup = false, warn = warnProcess } = options
  const development = manifest.setup === 'development' || verificationKey.development
  if (development && !acceptDevelopmentSetup) warn(WARNING)
  const circuit = await compile(await read('compliance.wasm'))
  const zkey = await read('compliance.zkey')
  const artifacts: ProverArtifacts = Object.freeze({
    manifest,
    circuit,
    zkey,
    verificationKey,
    verificationKeyJson,
  })
  loaded.add(artifacts)
  return artifacts
}

/**
 * Checks that artifacts were loaded, and so checked, by {@link loadArtifacts}.
 *
 * @throws {TypeError} When they were not.
 */
export function assertLoadedArtifacts(artifacts: ProverArtifacts): void {
  if (!loaded.has(artifacts)) throw new TypeError('artifacts must come from loadArtifacts')
}

async function readManifest(path: string): Promise<Uint8Array> {
  return await withFile(path, 'manifest.json', async (file) => {
    const bytes = new Uint8Array(MANIFEST_BYTES + 1) // one more than fits, so that too much is seen
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, bytesRead)
  })
}

async function readArtifact(
  path: string,
  name: ArtifactFile,
  manifest: ArtifactManifest,
): Promise<Uint8Array<SharedArrayBuffer>> {
  const expected = manifest.artifacts[name]
  return await withFile(path, name, async (file) => {
    const bytes = new Uint8Array(new SharedArrayBuffer(expected.bytes))
    const hash = createHash('sha256')
    const chunk = new Uint8Array(CHUNK_BYTES)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, null)
      if (bytesRead === 0) break
      if (length + bytesRead > expected.bytes) throw mismatch(name, 'length')
      hash.update(chunk.subarray(0, bytesRead))
      bytes.set(chunk.subarray(0, bytesRead), length)
      length += bytesRead
    }
    if (length !== expected.bytes) throw mismatch(name, 'length')
    if (!timingSafeEqual(hash.digest(), Buffer.from(expected.sha256, 'hex'))) throw mismatch(name, 'sha256')
    return bytes
  })
}

async function withFile<Result>(
  path: string,
  name: string,
  use: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  try {
    const file = await open(path)
    try {
      return await use(file)
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof VerificationError) throw cause
    throw new NetworkError('COMITY_ZK_ARTIFACT_UNREADABLE', `the artifact ${name} cannot be read`, {
      details: { artifact: name },
      cause,
    })
  }
}

async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(new Uint8Array(bytes)) // which takes no shared memory
  } catch {
    throw mismatch('compliance.wasm', 'format')
  }
}

function mismatch(artifact: ArtifactFile, what: string): VerificationError {
  return new VerificationError(
    'COMITY_ZK_ARTIFACT_MISMATCH',
    `the artifact ${artifact} is not the one of the manifest`,
    { details: { artifact, what } },
  )
}

function warnProcess(message: string): void {
  process.emitWarning(message, { type: 'SecurityWarning', code: 'COMITY_ZK_DEVELOPMENT_SETUP' })
}
