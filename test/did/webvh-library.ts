/**
 * The other implementation, as the tests hold it against ours: didwebvh-ts, without its files, fetch or clock.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { vi } from 'vitest'
import { encodeMultibase, type JsonObject } from '../../src/encoding/index.ts'
import { didKeyFromJwk } from '../../src/did/index.ts'
import type { Signer } from '../../src/keys/index.ts'

/** An entry of a log as the library has it. Its own declarations do not resolve under `nodenext`. */
export interface LibraryEntry extends JsonObject {
  readonly versionId: string
}

interface Made {
  readonly did: string
  readonly log: readonly LibraryEntry[]
}

interface Library {
  createDID(options: object): Promise<Made>
  updateDID(options: object): Promise<Made>
  resolveDIDFromLog(log: readonly LibraryEntry[], options: object): Promise<{ meta: LibraryMeta }>
  resolveDID(did: string, options: object): Promise<{ meta: { error?: string } }>
  generateParallelDidWeb(did: string, document: JsonObject): JsonObject
  deriveNextKeyHash(multikey: string): Promise<string>
  prepareDataForSigning(document: unknown, proof: unknown): Promise<Uint8Array>
  signWitnessProofEntries(
    versionIds: readonly string[],
    witnesses: readonly object[],
    signers: object,
    created: string,
  ): Promise<readonly JsonObject[]>
}

interface LibraryMeta {
  readonly versionId: string
  readonly deactivated: boolean
  readonly error?: string
  readonly problemDetails?: { readonly detail: string }
}

// It writes each log that it sees into a folder when it believes to be tested by its authors, and tells the console
// of each proof that it does not count.
vi.stubEnv('NODE_ENV', 'production')
vi.spyOn(console, 'warn').mockImplementation(() => undefined)
// Not a literal, so that the compiler does not look for the declarations.
const LIBRARY: string = 'didwebvh-ts'
/** didwebvh-ts. */
export const library = (await import(LIBRARY)) as Library
vi.unstubAllEnvs()

/** What the library checks signatures with. */
export const verifier = {
  verify: async (signature: Uint8Array, message: Uint8Array, key: Uint8Array): Promise<boolean> =>
    ed25519.verify(signature, message, key, { zip215: false }),
}

/** One of our signers as the library takes it. */
export function toLibrarySigner(signer: Signer): object {
  const did = didKeyFromJwk(signer.publicJwk)
  return {
    getVerificationMethodId: () => `${did}#${did.slice('did:key:'.length)}`,
    async sign({ document, proof }: { document: unknown; proof: unknown }) {
      const bytes = await library.prepareDataForSigning(document, proof)
      return { proofValue: encodeMultibase(await signer.sign(bytes)) }
    },
  }
}

/** A log as the library takes it. */
export function toLibraryLog(log: string): readonly LibraryEntry[] {
  return log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LibraryEntry)
}

/** What the library says of a log: the version and whether it is the end, or the reason of its refusal. */
export async function judge(
  did: string,
  log: string,
  witness = '[]',
): Promise<{ versionId: string; deactivated: boolean } | { refused: string }> {
  try {
    const { meta } = await library.resolveDIDFromLog(toLibraryLog(log), {
      verifier,
      scid: did.split(':')[2],
      requestedDid: did,
      witnessProofs: JSON.parse(witness) as unknown,
    })
    if (meta.error !== undefined) return { refused: meta.problemDetails?.detail ?? meta.error }
    return { versionId: meta.versionId, deactivated: meta.deactivated }
  } catch (error) {
    return { refused: (error as Error).message }
  }
}
