import { isJsonObject, parseJsonObject, type JsonValue } from '../../encoding/index.ts'
import { VerificationError } from '../../errors/index.ts'

/** The names of the files that a proof is made with. */
export const ARTIFACT_FILES = ['compliance.wasm', 'compliance.zkey', 'verification_key.json'] as const

/** One of {@link ARTIFACT_FILES}. */
export type ArtifactFile = (typeof ARTIFACT_FILES)[number]

/** Who made the setup: `development` was made by one party, who could forge proofs; `ceremony` by several. */
export type SetupKind = 'development' | 'ceremony'

/** What a folder of artifacts says of itself. */
export interface ArtifactManifest {
  /** Who made the setup. */
  readonly setup: SetupKind
  /** The constraints of the circuit. */
  readonly constraints: number
  /** SHA-256 of the circuit's constraints, in lower-case hexadecimal. */
  readonly r1cs: string
  /** The SHA-256 in lower-case hexadecimal, and the length in bytes, of each file. */
  readonly artifacts: Readonly<Record<ArtifactFile, { readonly sha256: string; readonly bytes: number }>>
}

/** The most bytes of one artifact: ten times what the circuit needs. */
const MAX_ARTIFACT_BYTES = 268_435_456
const MAX_MANIFEST_BYTES = 65_536
const HASH = /^[0-9a-f]{64}$/
const SETUPS: readonly SetupKind[] = ['development', 'ceremony']

/**
 * Reads a manifest. Members that are not known are left alone.
 *
 * @param bytes - The file, at most 64 KiB of JSON.
 * @returns What it says, frozen.
 * @throws {VerificationError} `COMITY_ZK_MANIFEST_INVALID` when a member is missing or has another form, and what
 *   `parseJsonObject` throws.
 */
export function parseManifest(bytes: Uint8Array): ArtifactManifest {
  const json = parseJsonObject(bytes, { maxBytes: MAX_MANIFEST_BYTES })
  const { setup, artifacts, r1cs } = json
  const kind = SETUPS.find((name) => name === setup)
  if (kind === undefined) throw invalid('setup')
  if (!isJsonObject(r1cs)) throw invalid('r1cs')
  const { sha256, constraints } = r1cs
  if (!isHash(sha256)) throw invalid('r1cs.sha256')
  if (!isCount(constraints)) throw invalid('r1cs.constraints')
  if (!isJsonObject(artifacts)) throw invalid('artifacts')
  const files = ARTIFACT_FILES.map((file) => [file, readArtifact(file, artifacts[file])] as const)
  return Object.freeze({
    setup: kind,
    constraints,
    r1cs: sha256,
    artifacts: Object.freeze(Object.fromEntries(files)) as ArtifactManifest['artifacts'],
  })
}

function readArtifact(file: ArtifactFile, value: JsonValue | undefined): { sha256: string; bytes: number } {
  if (!isJsonObject(value) || !isHash(value.sha256) || !isCount(value.bytes)) {
    throw invalid(`artifacts.${file}`)
  }
  if (value.bytes > MAX_ARTIFACT_BYTES) throw invalid(`artifacts.${file}.bytes`)
  return Object.freeze({ sha256: value.sha256, bytes: value.bytes })
}

const isHash = (value: JsonValue | undefined): value is string =>
  typeof value === 'string' && HASH.test(value)

const isCount = (value: JsonValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0

function invalid(member: string): VerificationError {
  return new VerificationError('COMITY_ZK_MANIFEST_INVALID', `the manifest's member \`${member}\` is wrong`, {
    details: { member },
  })
}
