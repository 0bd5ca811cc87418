import type { IKey } from '@veramo/core'
import type { DidDocument, DidResolver } from '../../did/index.ts'
import { ComityError } from '../../errors/index.ts'
import { jwkThumbprint } from '../../keys/index.ts'
import type { Clock } from '../../runtime/index.ts'
import type { Store } from '../../store/index.ts'
import type { KeyPurpose, Wallet } from '../../wallet/index.ts'
import type { VeramoAgent } from './agent.ts'
import { once } from './once.ts'
import { toPublicJwk } from './public-key.ts'
import { isNotFound, unknown } from './records.ts'
import { createVeramoSigner } from './signer.ts'
import { createVeramoWallet } from './wallet.ts'

const PURPOSES: readonly KeyPurpose[] = ['assertionMethod', 'authentication']

/** What {@link createAgentIdentities} needs. */
export interface AgentIdentityOptions {
  readonly store: Store
  readonly resolver: DidResolver
  readonly kms: string | undefined
  readonly secretsKey: Uint8Array | undefined
  readonly clock: Clock
}

/** Wallets on agents, in which also the DIDs are that the agents made by themselves. */
export interface AgentIdentities {
  /**
   * The wallet of an agent, without looking for a DID's keys.
   *
   * @throws {TypeError} The agent lacks a plugin, or has several key management systems and none was chosen.
   */
  wallet(agent: VeramoAgent): Promise<Wallet>
  /**
   * The wallet, with the keys of one of the agent's DIDs in it.
   *
   * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN` when the agent has no such DID, or no key that its document
   *   names for signing.
   * @throws {ComityError} The codes of resolution.
   */
  walletFor(agent: VeramoAgent, did: string): Promise<Wallet>
}

/**
 * Opens wallets on agents that were there before.
 *
 * Veramo knows the keys of a DID, and not what each may sign: that stands in the DID's document alone. So the document
 * is resolved, once a process and DID, and each key is added under the name and for the purposes that it has there.
 */
export function createAgentIdentities(options: AgentIdentityOptions): AgentIdentities {
  const wallets = new WeakMap<VeramoAgent, Promise<Wallet>>()
  const known = new WeakMap<Wallet, Map<string, Promise<void>>>()
  const open = async (agent: VeramoAgent): Promise<Wallet> => {
    const { store, kms, secretsKey, clock } = options
    return createVeramoWallet({
      agent,
      store,
      clock,
      ...(kms !== undefined && { kms }),
      ...(secretsKey !== undefined && { secretsKey }),
    })
  }
  const wallet = async (agent: VeramoAgent): Promise<Wallet> => once(wallets, agent, async () => open(agent))
  return {
    wallet,
    walletFor: async (agent, did) => {
      const opened = await wallet(agent)
      const dids = known.get(opened) ?? new Map<string, Promise<void>>()
      known.set(opened, dids)
      await once(dids, did, async () => addKeys(agent, opened, did, options.resolver))
      return opened
    },
  }
}

async function addKeys(
  agent: VeramoAgent,
  wallet: Wallet,
  did: string,
  resolver: DidResolver,
): Promise<void> {
  // Keys that the wallet made are there already, and need no document yet.
  if (await canSign(wallet, did)) return
  const keys = await keysOf(agent, did)
  const document = await resolver.resolveDocument(did)
  for (const key of keys) await addKey(agent, wallet, key, document)
  if (!(await canSign(wallet, did))) throw unknown('key')
}

async function canSign(wallet: Wallet, did: string): Promise<boolean> {
  for (const purpose of PURPOSES) {
    try {
      await wallet.signer(did, purpose)
      return true
    } catch (error) {
      if (!(error instanceof ComityError)) throw error
    }
  }
  return false
}

async function keysOf(agent: VeramoAgent, did: string): Promise<readonly IKey[]> {
  try {
    return (await agent.didManagerGet({ did })).keys
  } catch (error) {
    if (isNotFound(error)) throw unknown('DID')
    throw error
  }
}

async function addKey(agent: VeramoAgent, wallet: Wallet, key: IKey, document: DidDocument): Promise<void> {
  const thumbprint = thumbprintOf(key)
  if (thumbprint === undefined) return
  for (const { id, publicKey } of document.verificationMethod) {
    if (publicKey === undefined || jwkThumbprint(publicKey) !== thumbprint) continue
    const purposes = PURPOSES.filter((purpose) => document[purpose].includes(id))
    if (purposes.length === 0) continue
    await wallet.addKey(document.id, await createVeramoSigner({ agent, keyRef: key.kid, kid: id }), purposes)
  }
}

/** Keys of kinds that Comity does not sign with (secp256k1, X25519) are passed over. */
function thumbprintOf(key: IKey): string | undefined {
  if (key.type !== 'Ed25519' && key.type !== 'Secp256r1') return undefined
  return jwkThumbprint(toPublicJwk(key))
}
