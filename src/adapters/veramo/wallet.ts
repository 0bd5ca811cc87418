import type { IAgentPlugin } from '@veramo/core'
import type { Clock } from '../../runtime/index.ts'
import type { Store } from '../../store/index.ts'
import { createStoreWallet, type SecretVault, type Wallet } from '../../wallet/index.ts'
import { checkAgent, createSealedAgent, LOCAL_KMS, type VeramoAgent } from './agent.ts'
import { openSeal } from './sealing.ts'
import { createSealedSecrets } from './secrets.ts'
import { createVeramoVault } from './vault.ts'

/** A wallet whose agent is made here. */
export interface SealedWalletOptions {
  /** Where everything is kept, under keys that start with `wallet/`. One wallet a store. */
  readonly store: Store
  /**
   * 32 secret random bytes that seal the private keys. The same ones are needed each time: without them the keys are
   * lost. Keep them apart from the store.
   */
  readonly sealingKey: Uint8Array
  /** More plugins for the agent. */
  readonly plugins?: readonly IAgentPlugin[]
  /** Not together with `sealingKey`. */
  readonly agent?: undefined
  /** Not together with `sealingKey`, which seals these secrets too. */
  readonly secretsKey?: undefined
  /** Tells which keys sign already. Defaults to the system clock. */
  readonly clock?: Clock
}

/** A wallet on an agent that is there already, and keeps its private keys as it does. */
export interface AgentWalletOptions {
  /** Where credentials, release rules and the public part of keys are kept. One wallet a store. */
  readonly store: Store
  /** The agent. It needs a provider for `did:key`, and one for each method of DIDs that are to have keys. */
  readonly agent: VeramoAgent
  /** Which of the agent's key management systems makes new keys. Needed only where it has several. */
  readonly kms?: string
  /** Not together with `agent`. */
  readonly sealingKey?: undefined
  /**
   * 32 secret random bytes that seal, in the store, what the agent has no place for: the secret that compliance proofs are
   * made of, and keys on BabyJubJub. The same ones are needed each time. Without them the wallet refuses what needs such
   * secrets with `COMITY_WALLET_SECRETS_UNSUPPORTED`.
   */
  readonly secretsKey?: Uint8Array
  /** Tells which keys sign already. Defaults to the system clock. */
  readonly clock?: Clock
}

/** Options of {@link createVeramoWallet}. */
export type VeramoWalletOptions = SealedWalletOptions | AgentWalletOptions

/** A wallet on a Veramo agent. It makes keys for Ed25519, EdDSA and ES256. */
export interface VeramoWallet extends Wallet {
  /**
   * The agent, for other work with Veramo. Keys and DIDs that it makes by itself are not in the wallet; see
   * `createVeramoSigner`.
   */
  readonly agent: VeramoAgent
}

/**
 * Opens a wallet on a Veramo agent: on one that is made here, whose private keys are sealed in the store, or on one
 * that is there already.
 *
 * Private keys are opened for the moment of each signature and are not cached. No method of the wallet or of the agent
 * gives one away. Set `DEBUG` to nothing that names `veramo` in production: Veramo would print what is signed.
 *
 * @param options - Either `sealingKey` or `agent`.
 * @returns The wallet. Its signers reject with `COMITY_WALLET_SEAL_BROKEN` (VerificationError) when the sealed key was
 *   tampered with, and with `COMITY_WALLET_KEY_UNKNOWN` (PolicyError) when the key has been removed.
 * @throws {VerificationError} `COMITY_WALLET_SEALING_KEY` when the store was sealed with another key;
 *   `COMITY_WALLET_RECORD_INVALID` when a record in the store is not as the wallet wrote it.
 * @throws {TypeError} There are both a sealing key and an agent or neither, the sealing key or the secrets key is not 32
 *   bytes, the agent lacks a method, or `kms` must be given.
 */
export async function createVeramoWallet(options: VeramoWalletOptions): Promise<VeramoWallet> {
  const { store, clock } = options
  const { agent, kms, secrets } = await agentOf(options)
  const vault = createVeramoVault({ agent, kms, secrets, forgetDids: options.agent === undefined })
  const wallet = await createStoreWallet({ store, vault, ...(clock !== undefined && { clock }) })
  return Object.freeze({ ...wallet, agent })
}

interface Parts {
  readonly agent: VeramoAgent
  readonly kms: string
  readonly secrets: SecretVault | undefined
}

async function agentOf(options: VeramoWalletOptions): Promise<Parts> {
  if ((options.agent === undefined) === (options.sealingKey === undefined))
    throw new TypeError('give either options.sealingKey or options.agent')
  if (options.agent === undefined) {
    const { store, sealingKey, plugins = [] } = options
    const seal = await openSeal(store, sealingKey)
    const secrets = createSealedSecrets(store, seal)
    return { agent: createSealedAgent(store, seal, plugins), kms: LOCAL_KMS, secrets }
  }
  const { agent, store, secretsKey } = options
  checkAgent(agent)
  const systems = await agent.keyManagerGetKeyManagementSystems()
  const kms = options.kms ?? (systems.length === 1 ? systems[0] : undefined)
  if (kms === undefined || !systems.includes(kms))
    throw new TypeError(`options.kms must be one of ${systems.join(', ')}`)
  const secrets =
    secretsKey === undefined ? undefined : createSealedSecrets(store, await openSeal(store, secretsKey))
  return { agent, kms, secrets }
}
