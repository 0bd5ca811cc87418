import type { IIdentifier } from '@veramo/core'
import { didKeyFromJwk, parseDid } from '../../did/index.ts'
import type { KeyVault, SecretVault, VaultKey } from '../../wallet/index.ts'
import type { VeramoAgent } from './agent.ts'
import { toPublicJwk, veramoNames } from './public-key.ts'
import { isNotFound, unknown } from './records.ts'
import { signWithAgent } from './signer.ts'

/** Which agent a vault is on. */
export interface VeramoVaultOptions {
  readonly agent: VeramoAgent
  /** The key management system that makes new keys. */
  readonly kms: string
  /** Whether the agent forgets a DID with its last key; for an agent of one's own, as providers may do more than that. */
  readonly forgetDids: boolean
  /** Where secrets are kept that Veramo has no place for; undefined where there is none. */
  readonly secrets: SecretVault | undefined
}

/** Makes a vault whose keys are those of a Veramo agent, which also knows whose DIDs they are. */
export function createVeramoVault(options: VeramoVaultOptions): KeyVault {
  const { agent, kms, secrets } = options
  const inTurn = createQueue()
  return {
    ...(secrets !== undefined && { secrets }),
    create: async ({ alg, did }) => {
      const { type } = veramoNames(alg)
      return inTurn(() =>
        did === undefined ? createDidKey(agent, kms, type) : addKey(agent, kms, type, did),
      )
    },
    sign: async (ref, alg, bytes) => {
      try {
        return await signWithAgent(agent, ref, alg, bytes)
      } catch (error) {
        ignoreNotFound(error)
        throw unknown('key')
      }
    },
    destroy: async (did, ref) => inTurn(() => destroy(options, did, ref)),
  }
}

async function createDidKey(agent: VeramoAgent, kms: string, keyType: string): Promise<VaultKey> {
  const { did, keys } = await agent.didManagerCreate({ provider: 'did:key', kms, options: { keyType } })
  const [key] = keys
  if (key === undefined) throw new TypeError('the agent made a `did:key` without a key')
  const publicJwk = toPublicJwk(key)
  if (didKeyFromJwk(publicJwk) !== did) throw new TypeError('the agent made a `did:key` of another key')
  return { ref: key.kid, publicJwk }
}

async function addKey(agent: VeramoAgent, kms: string, type: string, did: string): Promise<VaultKey> {
  if ((await findDid(agent, did)) === undefined) {
    await agent.didManagerImport({ did, provider: `did:${parseDid(did).method}`, keys: [], services: [] })
  }
  const key = await agent.keyManagerCreate({ kms, type })
  try {
    await agent.didManagerAddKey({ did, key, options: { localOnly: true } })
    return { ref: key.kid, publicJwk: toPublicJwk(key) }
  } catch (error) {
    await agent.keyManagerDelete({ kid: key.kid })
    throw error
  }
}

async function destroy({ agent, forgetDids }: VeramoVaultOptions, did: string, ref: string): Promise<void> {
  // The private key first: as long as the DID lists it, whoever was interrupted here can begin again.
  await agent.keyManagerDelete({ kid: ref }).catch(ignoreNotFound)
  const identifier = await findDid(agent, did)
  if (identifier?.keys.some(({ kid }) => kid === ref) === true) {
    await agent.didManagerRemoveKey({ did, kid: ref, options: { localOnly: true } })
  }
  const isLast = identifier?.keys.every(({ kid }) => kid === ref) === true
  if (forgetDids && isLast) await agent.didManagerDelete({ did })
}

async function findDid(agent: VeramoAgent, did: string): Promise<IIdentifier | undefined> {
  try {
    return await agent.didManagerGet({ did })
  } catch (error) {
    ignoreNotFound(error)
    return undefined
  }
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error
}

/** Veramo reads a DID's keys, adds one and writes them back: two at once would lose one. */
function createQueue(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work, work)
    last = mine
    return mine
  }
}
