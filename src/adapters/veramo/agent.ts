import { createAgent, type IAgentPlugin, type IDIDManager, type IKeyManager, type TAgent } from '@veramo/core'
import { DIDManager } from '@veramo/did-manager'
import { KeyManager } from '@veramo/key-manager'
import type { Store } from '../../store/index.ts'
import { createDidStore } from './did-store.ts'
import { SealedKeyManagement } from './key-management.ts'
import { createKeyStore } from './key-store.ts'
import { createPrivateKeyStore } from './private-key-store.ts'
import { createDidKeyProvider, createHostedProvider } from './providers.ts'
import type { Seal } from './sealing.ts'

/** What a wallet needs of a Veramo agent: the plugins of `@veramo/key-manager` and `@veramo/did-manager`. */
export type VeramoAgent = TAgent<IKeyManager & IDIDManager>

/** The name of the key management system in the agent below. */
export const LOCAL_KMS = 'local'

/** Makes an agent with its state in a store and its private keys under a seal. */
export function createSealedAgent(store: Store, seal: Seal, plugins: readonly IAgentPlugin[]): VeramoAgent {
  const kms = { [LOCAL_KMS]: new SealedKeyManagement(createPrivateKeyStore(store, seal)) }
  return createAgent<IKeyManager & IDIDManager>({
    plugins: [
      new KeyManager({ store: createKeyStore(store), kms }),
      new DIDManager({
        store: createDidStore(store),
        defaultProvider: 'did:key',
        providers: { 'did:key': createDidKeyProvider(), 'did:web': createHostedProvider() },
      }),
      ...plugins,
    ],
  })
}

const NEEDED: readonly (keyof (IKeyManager & IDIDManager))[] = [
  'keyManagerGetKeyManagementSystems',
  'keyManagerCreate',
  'keyManagerGet',
  'keyManagerSign',
  'keyManagerDelete',
  'didManagerGet',
  'didManagerCreate',
  'didManagerImport',
  'didManagerAddKey',
  'didManagerRemoveKey',
]

/**
 * Refuses an agent that lacks a plugin.
 *
 * @throws {TypeError} A method is not there.
 */
export function checkAgent(agent: VeramoAgent): void {
  const methods = agent.availableMethods()
  const missing = NEEDED.filter((name) => !methods.includes(String(name)))
  if (missing.length > 0) throw new TypeError(`options.agent has no ${missing.join(', ')}`)
}
