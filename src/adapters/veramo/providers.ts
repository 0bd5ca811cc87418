import type { IAgentContext, IIdentifier, IKeyManager } from '@veramo/core'
import type { AbstractIdentifierProvider } from '@veramo/did-manager'
import { didKeyFromJwk } from '../../did/index.ts'
import type { MembersOf } from './members-of.ts'
import { toPublicJwk } from './public-key.ts'

interface CreateArguments {
  readonly kms?: string
  readonly options?: { readonly keyType?: string }
}

/** DIDs whose documents somebody hosts: there is nothing to do when they change but to remember it. */
export function createHostedProvider(): MembersOf<AbstractIdentifierProvider> {
  const accept = async (): Promise<boolean> => true
  return {
    createIdentifier: async () => {
      throw new TypeError('make the first key of a hosted DID with `createKey` of the wallet')
    },
    deleteIdentifier: deleteKeys,
    addKey: accept,
    removeKey: accept,
    addService: accept,
    removeService: accept,
    matchPrefix: (prefix) => prefix.startsWith('did:') && prefix !== 'did:key',
  }
}

/** DIDs that are a key. */
export function createDidKeyProvider(): MembersOf<AbstractIdentifierProvider> {
  const refuse = async (): Promise<never> => {
    throw new TypeError('a `did:key` cannot be changed')
  }
  return {
    createIdentifier: async ({ kms, options }: CreateArguments, { agent }) => {
      if (kms === undefined) throw new TypeError('kms must name the key management system')
      const key = await agent.keyManagerCreate({ kms, type: options?.keyType ?? 'Ed25519' })
      return { did: didKeyFromJwk(toPublicJwk(key)), controllerKeyId: key.kid, keys: [key], services: [] }
    },
    deleteIdentifier: deleteKeys,
    addKey: refuse,
    removeKey: refuse,
    addService: refuse,
    removeService: refuse,
  }
}

async function deleteKeys({ keys }: IIdentifier, { agent }: IAgentContext<IKeyManager>): Promise<boolean> {
  for (const { kid } of keys) await agent.keyManagerDelete({ kid })
  return true
}
