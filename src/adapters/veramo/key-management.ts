import type { AbstractPrivateKeyStore } from '@veramo/key-manager'
import { KeyManagementSystem } from '@veramo/kms-local'

/** Veramo's own key management, except that it says why a key cannot be used. */
export class SealedKeyManagement extends KeyManagementSystem {
  readonly #keys: AbstractPrivateKeyStore

  constructor(keys: AbstractPrivateKeyStore) {
    super(keys)
    this.#keys = keys
  }

  /** Signs as Veramo does; what the store of private keys fails with is passed on. */
  override async sign(args: Parameters<KeyManagementSystem['sign']>[0]): Promise<string> {
    try {
      return await super.sign(args)
    } catch (error) {
      // Veramo takes every failure of the store for a key that is not there. Asked again, the store says which it was.
      await this.#keys.getKey({ alias: args.keyRef.kid })
      throw error
    }
  }
}
