import { join } from 'node:path'
import { createSqliteStore } from '../adapters/sqlite/index.ts'
import type { VeramoWallet } from '../adapters/veramo/index.ts'
import { createDidDocument, eventsService, handshakeService } from '../did/index.ts'
import { isJsonObject, type JsonObject } from '../encoding/index.ts'
import type { PublicJwk } from '../keys/index.ts'
import type { Store } from '../store/index.ts'
import { readConfig, readSealingKey, type FolderConfig } from './folder.ts'

/** A folder that is open: its store, and the wallet in it. */
export interface FolderState {
  readonly folder: string
  readonly config: FolderConfig
  readonly store: Store
  readonly wallet: VeramoWallet
  /** Closes the store. */
  close(): Promise<void>
}

/**
 * Opens a folder.
 *
 * @throws {UsageError} It is none of ours, or its sealing key is missing or not private.
 */
export async function openState(
  folder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<FolderState> {
  const config = await readConfig(folder)
  const sealingKey = await readSealingKey(folder, environment)
  // Veramo takes half a second to load: not for commands that have no folder.
  const { createVeramoWallet } = await import('../adapters/veramo/index.ts')
  const store = createSqliteStore({ file: join(folder, 'state.sqlite') })
  return {
    folder,
    config,
    store,
    wallet: await createVeramoWallet({ store, sealingKey }),
    close: () => store.close(),
  }
}

/** Opens a folder for one piece of work, and closes it whatever comes of it. */
export async function withState<Result>(
  folder: string,
  work: (state: FolderState) => Promise<Result>,
): Promise<Result> {
  const state = await openState(folder)
  try {
    return await work(state)
  } finally {
    await state.close()
  }
}

/** The document of an organization: its keys, its handshake endpoint and its event stream. */
export function organizationDocument(
  did: string,
  origin: string,
  keys: readonly { readonly fragment: string; readonly jwk: PublicJwk }[],
): JsonObject {
  return createDidDocument({
    did,
    keys: keys.map(({ fragment, jwk }) => ({
      fragment,
      jwk,
      relationships: ['authentication', 'assertionMethod'] as const,
    })),
    services: [
      handshakeService({ url: `${origin}/comity/handshake` }),
      eventsService({ url: `${origin}/comity/events` }),
    ],
  })
}

/** The document of an agent: its keys, and the organization that answers for it. */
export function agentDocument(
  did: string,
  organization: string,
  keys: readonly { readonly fragment: string; readonly jwk: PublicJwk }[],
): JsonObject {
  return createDidDocument({
    did,
    controller: organization,
    keys: keys.map(({ fragment, jwk }) => ({ fragment, jwk, relationships: ['authentication'] as const })),
  })
}

/** The object in a JSON value, or undefined. */
export function objectIn(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined
}
