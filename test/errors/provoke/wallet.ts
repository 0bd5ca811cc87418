import { createVeramoWallet } from '../../../src/adapters/veramo/index.ts'
import { issueCredential } from '../../../src/credentials/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { generateSigner } from '../../../src/keys/index.ts'
import { randomBytes } from '../../../src/runtime/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import {
  createMemoryWallet,
  createStoreWallet,
  MAX_WALLET_KEYS,
  type KeyVault,
} from '../../../src/wallet/index.ts'

const DID = 'did:web:acme.example'
const signer = await generateSigner({ alg: 'Ed25519', kid: `${DID}#key-1` })

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const wallet = {
  COMITY_WALLET_KEY_UNKNOWN: () => createMemoryWallet().signer(DID),
  COMITY_WALLET_CREDENTIAL_INVALID: async () => {
    const token = await issueCredential({
      signer,
      issuer: DID,
      type: 'AgentCapabilityCredential',
      subject: 'did:web:acme.example:agents:invoices',
      claims: { authorizationDetails: [{ type: 'invoices' }] },
      validFrom: 0,
      validUntil: 1,
    })
    await createMemoryWallet().addCredential(token, { release: 'never' })
  },
  COMITY_WALLET_FULL: async () => {
    const full = createMemoryWallet()
    for (let n = 0; n <= MAX_WALLET_KEYS; n++) await full.addKey(DID, { ...signer, kid: `${DID}#${n}` })
  },
  COMITY_WALLET_SECRETS_UNSUPPORTED: async () => {
    const never = (): never => {
      throw new Error('no key is made here')
    }
    const vault: KeyVault = { create: never, sign: never, destroy: never }
    await (await createStoreWallet({ store: createMemoryStore(), vault })).complianceSecret()
  },
  COMITY_WALLET_RECORD_INVALID: async () => {
    const store = createMemoryStore()
    await store.put('wallet/keys', '{}')
    await createVeramoWallet({ store, sealingKey: randomBytes(32) })
  },
  COMITY_WALLET_SEAL_BROKEN: async () => {
    const store = createMemoryStore()
    const sealed = await createVeramoWallet({ store, sealingKey: randomBytes(32) })
    await sealed.createKey(DID, { alg: 'Ed25519' })
    const [entry] = await store.list('wallet/veramo/private-key/')
    await store.put(entry?.key ?? '', entry?.value.slice(2) ?? '')
    await (await sealed.signer(DID)).sign(new Uint8Array(1))
  },
  COMITY_WALLET_SEALING_KEY: async () => {
    const store = createMemoryStore()
    for (const sealingKey of [randomBytes(32), randomBytes(32)])
      await createVeramoWallet({ store, sealingKey })
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
