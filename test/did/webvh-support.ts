import { createDidDocument } from '../../src/did/index.ts'
import {
  createWebvhDid,
  verifyWebvhLog,
  type CreateWebvhDidOptions,
  type VerifiedWebvhLog,
  type WrittenWebvhDid,
} from '../../src/did/webvh/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner, type Signer } from '../../src/keys/index.ts'

/** A moment that all the tests' versions follow, in seconds. */
export const START = Date.parse('2026-11-24T00:00:00Z') / 1000

/** The code that something is refused with; fails when it is not, or not with a code. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  )
  if (error instanceof ComityError) return error.code
  throw error
}

/** Some Ed25519 signers. */
export async function signers(count: number): Promise<Signer[]> {
  return Promise.all(Array.from({ length: count }, () => generateSigner({ alg: 'Ed25519' })))
}

const [documentKey] = await signers(1)

/** A document with one key, whose name can be chosen so that documents differ. */
export function documentOf(did: string, fragment = '#key-1'): JsonObject {
  const jwk = documentKey!.publicJwk
  return createDidDocument({
    did,
    keys: [{ fragment, jwk, relationships: ['authentication', 'assertionMethod'] }],
  })
}

/** A DID at `https://acme.example/agents/invoices` with one version. */
export async function createDid(
  signer: Signer,
  options: Partial<CreateWebvhDidOptions> = {},
): Promise<WrittenWebvhDid> {
  return createWebvhDid({
    location: 'https://acme.example/agents/invoices',
    document: documentOf,
    signer,
    now: START,
    ...options,
  })
}

/** Verifies a log a while after {@link START}. */
export async function verify(
  did: string,
  log: string | Uint8Array,
  witness?: string,
  previous?: VerifiedWebvhLog,
): Promise<VerifiedWebvhLog> {
  return verifyWebvhLog(did, {
    log,
    now: START + 100_000,
    previous,
    ...(witness !== undefined && { witness: async () => witness }),
  })
}

/** The `did:key` of a signer. */
export function didKeyOf(proof: JsonObject): string {
  return String(proof['verificationMethod']).split('#')[0]!
}
