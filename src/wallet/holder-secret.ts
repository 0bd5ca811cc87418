import { PolicyError } from '../errors/index.ts'
import { createHolderSecret } from '../zk/index.ts'
import type { KeyVault, SecretVault } from './key-vault.ts'
import { invalidRecord } from './manifest.ts'

const NAME = 'compliance-holder'
const SECRET_BYTES = 32
const SECRET_BITS = 250n

/**
 * Gives the secrets of a vault.
 *
 * @returns Throws `COMITY_WALLET_SECRETS_UNSUPPORTED` when the vault has no place for them.
 */
export function secretsOf(vault: KeyVault): () => SecretVault {
  return () => {
    if (vault.secrets !== undefined) return vault.secrets
    throw new PolicyError(
      'COMITY_WALLET_SECRETS_UNSUPPORTED',
      'the vault of the wallet has no place for secrets that it does not sign with',
    )
  }
}

/** Gives the holder's secret of a wallet, and makes it at first use. It is not kept in this process between uses. */
export function createHolderSecretKeeper(secrets: () => SecretVault): () => Promise<bigint> {
  return async () => {
    const vault = secrets()
    const kept = (await vault.get(NAME)) ?? (await vault.keep(NAME, toBytes(createHolderSecret())))
    return fromBytes(kept)
  }
}

function toBytes(secret: bigint): Uint8Array {
  const bytes = new Uint8Array(SECRET_BYTES)
  for (let at = 0; at < SECRET_BYTES; at++) {
    bytes[SECRET_BYTES - 1 - at] = Number((secret >> BigInt(8 * at)) & 0xffn)
  }
  return bytes
}

/** @throws {VerificationError} `COMITY_WALLET_RECORD_INVALID` when it is none: a proof of it would be refused everywhere. */
function fromBytes(bytes: Uint8Array): bigint {
  let secret = 0n
  for (const byte of bytes) secret = (secret << 8n) | BigInt(byte)
  if (bytes.length === SECRET_BYTES && secret > 0n && secret < 1n << SECRET_BITS) return secret
  throw invalidRecord()
}
