import { parseDid } from '../did/index.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'
import { randomId } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import {
  babyJubJubJwk,
  createZkSigner,
  generateZkPrivateKey,
  parseBabyJubJubJwk,
  type ZkSigner,
} from '../zk/index.ts'
import { MAX_WALLET_ZK_KEYS, type HeldZkKey, type ZkKeyHolder } from './compliance.ts'
import { checkRoom, keyUnknown, readFragment } from './key-entry.ts'
import type { SecretVault } from './key-vault.ts'
import { createManifest, invalidRecord, type Manifest } from './manifest.ts'

/** What a wallet remembers of a key on BabyJubJub. */
interface ZkKeyEntry {
  readonly did: string
  readonly fragment: string
  readonly jwk: JsonObject
  /** Its name among the secrets. */
  readonly ref: string
  /** The key is gone for everyone, and its private part is still to be destroyed. */
  readonly removed?: true
}

/** What the functions below share. */
interface Ring {
  readonly manifest: Manifest<ZkKeyEntry>
  /** Throws where there is no place for secrets. */
  readonly secrets: () => SecretVault
}

/** The part of a wallet that holds keys on BabyJubJub. */
export interface ZkRing {
  readonly zkKeys: ZkKeyHolder
  /** Destroys the private keys whose removal a process did not live to finish. */
  readonly sweep: () => Promise<void>
}

/** Makes the part of a wallet that holds keys on BabyJubJub. */
export function createZkRing(store: Store, secrets: () => SecretVault): ZkRing {
  const ring: Ring = { manifest: createManifest(store, 'wallet/zk-keys', parseEntry), secrets }
  return {
    sweep: async () => sweep(ring),
    zkKeys: {
      zkSigner: async (did) => {
        checkDid(did)
        const last = lastOf(await ring.manifest.read(), did)
        return signerOf(ring, last ?? (await addKey(ring, did, (entries) => lastOf(entries, did))))
      },
      createZkKey: async (did) => {
        checkDid(did)
        return toHeldKey(await addKey(ring, did, () => undefined))
      },
      zkKeys: async (did) => Object.freeze(presentOf(await ring.manifest.read(), did).map(toHeldKey)),
      removeZkKey: async (did, kid) => removeKey(ring, did, kid),
    },
  }
}

function checkDid(did: string): void {
  if (parseDid(did).method === 'key') throw new TypeError('a `did:key` has the one key that it is made of')
}

function presentOf(entries: readonly ZkKeyEntry[], did: string): readonly ZkKeyEntry[] {
  return entries.filter((entry) => entry.did === did && entry.removed === undefined)
}

function lastOf(entries: readonly ZkKeyEntry[], did: string): ZkKeyEntry | undefined {
  return presentOf(entries, did).at(-1)
}

/** Makes a key and lists it, unless `findOther` finds one that serves by the time it is to be listed. */
async function addKey(
  { manifest, secrets }: Ring,
  did: string,
  findOther: (entries: readonly ZkKeyEntry[]) => ZkKeyEntry | undefined,
): Promise<ZkKeyEntry> {
  const vault = secrets()
  checkRoom('keys on BabyJubJub', (await manifest.read()).length, MAX_WALLET_ZK_KEYS)
  const fragment = `#zk-${randomId()}`
  const ref = `zk-key/${randomId()}`
  const privateKey = generateZkPrivateKey()
  const { publicKey } = createZkSigner({ kid: `${did}${fragment}`, privateKey })
  const { kty, crv, x, y } = babyJubJubJwk(publicKey)
  const made: ZkKeyEntry = { did, fragment, jwk: { kty, crv, x, y }, ref }
  await vault.keep(ref, privateKey)
  let listed = made
  try {
    await manifest.update((entries) => {
      const other = findOther(entries)
      listed = other ?? made
      if (other !== undefined) return entries
      checkRoom('keys on BabyJubJub', entries.length, MAX_WALLET_ZK_KEYS)
      return [...entries, made]
    })
  } catch (error) {
    await vault.destroy(ref)
    throw error
  }
  if (listed !== made) await vault.destroy(ref)
  return listed
}

/** A signer that has the private key only while it signs. */
function signerOf({ secrets }: Ring, entry: ZkKeyEntry): ZkSigner {
  const vault = secrets()
  const kid = `${entry.did}${entry.fragment}`
  const publicKey = readJwk(entry.jwk)
  return Object.freeze({
    kid,
    publicKey,
    sign: async (message) => {
      const privateKey = await vault.get(entry.ref)
      if (privateKey === undefined) throw keyUnknown('the key was removed from the wallet')
      const signer = createZkSigner({ kid, privateKey })
      // Another private key would make signatures that verify nowhere.
      if (signer.publicKey.x !== publicKey.x || signer.publicKey.y !== publicKey.y) throw invalidRecord()
      return signer.sign(message)
    },
  } satisfies ZkSigner)
}

function toHeldKey({ did, fragment, jwk }: ZkKeyEntry): HeldZkKey {
  return Object.freeze({ did, kid: `${did}${fragment}`, publicJwk: babyJubJubJwk(readJwk(jwk)) })
}

function readJwk(jwk: JsonObject): ZkSigner['publicKey'] {
  try {
    return parseBabyJubJubJwk(jwk)
  } catch (cause) {
    if (cause instanceof ComityError) throw invalidRecord(cause)
    throw cause
  }
}

async function removeKey(ring: Ring, did: string, kid: string): Promise<boolean> {
  const fragment = readFragment(did, kid)
  let found = false
  await ring.manifest.update((entries) => {
    found = presentOf(entries, did).some((entry) => entry.fragment === fragment)
    if (!found) return entries
    return entries.map((entry) =>
      entry.did === did && entry.fragment === fragment ? { ...entry, removed: true } : entry,
    )
  })
  await sweep(ring)
  return found
}

async function sweep({ manifest, secrets }: Ring): Promise<void> {
  for (const { ref, removed } of await manifest.read()) {
    if (!removed) continue
    await secrets().destroy(ref)
    await manifest.update((entries) => entries.filter((entry) => !(entry.removed && entry.ref === ref)))
  }
}

function parseEntry(value: JsonValue): ZkKeyEntry | undefined {
  if (!isJsonObject(value)) return undefined
  const { did, fragment, jwk, ref, removed } = value
  if (typeof did !== 'string' || typeof fragment !== 'string' || typeof ref !== 'string') return undefined
  if (!isJsonObject(jwk) || (removed !== undefined && removed !== true)) return undefined
  return { did, fragment, jwk, ref, ...(removed !== undefined && { removed }) }
}
