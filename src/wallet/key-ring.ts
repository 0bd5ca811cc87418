import { didKeyFromJwk, parseDid } from '../did/index.ts'
import { jwkThumbprint, parsePublicJwk, signerFromCallback, type Signer } from '../keys/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import {
  checkRoom,
  kidOf,
  keyUnknown,
  parseKeyEntry,
  readAlgorithm,
  readFragment,
  readPurposes,
  toHeldKey,
  type KeyEntry,
} from './key-entry.ts'
import type { KeyVault } from './key-vault.ts'
import { createManifest, type Manifest } from './manifest.ts'
import {
  MAX_WALLET_KEYS,
  type CreateKeyOptions,
  type HeldKey,
  type KeyPurpose,
  type Wallet,
} from './wallet.ts'

/** The part of a wallet that holds keys. */
export interface KeyRing {
  readonly keys: Pick<
    Wallet,
    'dids' | 'keys' | 'signer' | 'createKey' | 'createDidKey' | 'rotateKey' | 'removeKey' | 'addKey'
  >
  /** Destroys the private keys whose removal a process did not live to finish. */
  readonly sweep: () => Promise<void>
}

/** What the functions below share. */
interface Ring {
  readonly manifest: Manifest<KeyEntry>
  readonly vault: KeyVault
  readonly clock: Clock
  /** Signers from outside, by `kid`. */
  readonly attached: Map<string, Signer>
  /** Signers of the vault, made when first asked for. */
  readonly signers: WeakMap<KeyEntry, Signer>
}

/** Makes the part of a wallet that holds keys. */
export function createKeyRing(options: {
  readonly store: Store
  readonly vault: KeyVault
  readonly clock: Clock
}): KeyRing {
  const { store, vault, clock } = options
  const manifest = createManifest(store, 'wallet/keys', parseKeyEntry)
  const ring: Ring = { manifest, vault, clock, attached: new Map(), signers: new WeakMap() }
  return { sweep: () => sweep(ring), keys: keyMethods(ring) }
}

function keyMethods(ring: Ring): KeyRing['keys'] {
  return {
    dids: async () => Object.freeze([...new Set((await present(ring)).map(({ did }) => did))]),
    keys: async (did) =>
      Object.freeze((await present(ring)).filter((entry) => entry.did === did).map(toHeldKey)),
    signer: async (did, purpose = 'authentication') => findSigner(ring, did, purpose),
    createKey: async (did, createOptions) => {
      if (parseDid(did).method === 'key')
        throw new TypeError('a `did:key` has the one key that it is made of')
      return createKey(ring, did, createOptions)
    },
    createDidKey: async ({ alg, purposes }) =>
      createKey(ring, undefined, { alg, ...(purposes !== undefined && { purposes }) }),
    rotateKey: async (did, kid, { alg, ...rest }) => {
      if (parseDid(did).method === 'key') throw new TypeError('a `did:key` cannot be rotated')
      if (!Number.isFinite(rest.signsFrom))
        throw new TypeError('options.signsFrom must be a finite number of seconds')
      const old = (await present(ring)).find((entry) => entry.did === did && kidOf(entry) === kid)
      if (old === undefined) throw keyUnknown('the wallet has no such key of the DID')
      return createKey(ring, did, { ...rest, alg: alg ?? old.alg, purposes: old.purposes })
    },
    removeKey: async (did, kid) => removeKey(ring, did, kid),
    addKey: async (did, signer, purposes) => {
      await addKey(ring, did, signer, purposes)
    },
  }
}

async function present({ manifest }: Ring): Promise<readonly KeyEntry[]> {
  return (await manifest.read()).filter(({ removed }) => removed === undefined)
}

async function findSigner(ring: Ring, did: string, purpose: KeyPurpose): Promise<Signer> {
  const now = ring.clock.now()
  const entry = (await present(ring)).findLast(
    (each) => each.did === did && each.purposes.includes(purpose) && each.signsFrom <= now,
  )
  if (entry === undefined) throw keyUnknown(`the wallet has no key of the DID for \`${purpose}\``)
  // No older key takes its place: its owner may have given it up.
  const signer = entry.ref === undefined ? attachedSigner(ring, entry) : vaultSigner(ring, entry, entry.ref)
  if (signer === undefined)
    throw keyUnknown('the signer of the key was not added since the wallet was opened')
  return signer
}

function attachedSigner({ attached }: Ring, entry: KeyEntry): Signer | undefined {
  const signer = attached.get(kidOf(entry))
  // Another process may have put another key in its place.
  return signer?.publicJwk.x === entry.jwk['x'] && signer?.publicJwk.y === entry.jwk['y'] ? signer : undefined
}

function vaultSigner({ signers, vault }: Ring, entry: KeyEntry, ref: string): Signer {
  const before = signers.get(entry)
  if (before !== undefined) return before
  const { alg, jwk } = entry
  const signer = signerFromCallback({
    kid: kidOf(entry),
    alg,
    publicJwk: parsePublicJwk(jwk),
    sign: (bytes) => vault.sign(ref, alg, bytes),
  })
  signers.set(entry, signer)
  return signer
}

async function createKey(ring: Ring, did: string | undefined, options: CreateKeyOptions): Promise<HeldKey> {
  const alg = readAlgorithm(options.alg)
  const purposes = readPurposes(options.purposes)
  const { signsFrom = 0, fragment } = options
  if (!Number.isFinite(signsFrom)) throw new TypeError('options.signsFrom must be a finite number of seconds')
  if (did !== undefined && fragment !== undefined) readFragment(did, `${did}${fragment}`)
  checkNew(await ring.manifest.read(), did, fragment)
  const { ref, publicJwk } = await ring.vault.create({ alg, did })
  const { kty, crv, x, y } = publicJwk
  const owner = did ?? didKeyFromJwk(publicJwk)
  const entry: KeyEntry = {
    did: owner,
    fragment: did === undefined ? `#${parseDid(owner).id}` : (fragment ?? `#${jwkThumbprint(publicJwk)}`),
    alg,
    jwk: { kty, crv, x, ...(y !== undefined && { y }) },
    purposes,
    signsFrom,
    ref,
  }
  try {
    await ring.manifest.update((entries) => {
      checkNew(entries, entry.did, entry.fragment)
      return [...entries, entry]
    })
  } catch (error) {
    await ring.vault.destroy(owner, ref)
    throw error
  }
  return toHeldKey(entry)
}

function checkNew(entries: readonly KeyEntry[], did: string | undefined, fragment: string | undefined): void {
  checkRoom('keys', entries.length, MAX_WALLET_KEYS)
  if (entries.some((entry) => entry.did === did && entry.fragment === fragment))
    throw new TypeError('the DID has a key of this name already')
}

async function addKey(
  ring: Ring,
  did: string,
  signer: Signer,
  purposes: readonly KeyPurpose[] | undefined,
): Promise<void> {
  const { kty, crv, x, y } = signer.publicJwk
  const entry: KeyEntry = {
    did,
    fragment: readFragment(did, signer.kid),
    alg: readAlgorithm(signer.alg),
    jwk: { kty, crv, x, ...(y !== undefined && { y }) },
    purposes: readPurposes(purposes),
    signsFrom: 0,
  }
  await ring.manifest.update((entries) => {
    const others = withoutKey(entries, signer.kid)
    if (others === entries) checkRoom('keys', entries.length, MAX_WALLET_KEYS)
    return [...others, entry]
  })
  ring.attached.set(signer.kid, signer)
  await sweep(ring)
}

async function removeKey(ring: Ring, did: string, kid: string): Promise<boolean> {
  let found = false
  await ring.manifest.update((entries) => {
    found = entries.some((entry) => entry.did === did && kidOf(entry) === kid && !entry.removed)
    return found ? withoutKey(entries, kid) : entries
  })
  ring.attached.delete(kid)
  await sweep(ring)
  return found
}

/** The entries without a key; where the vault has its private part, marked for it to be destroyed. */
function withoutKey(entries: readonly KeyEntry[], kid: string): readonly KeyEntry[] {
  if (!entries.some((entry) => kidOf(entry) === kid && !entry.removed)) return entries
  return entries.flatMap((entry): KeyEntry[] => {
    if (kidOf(entry) !== kid || entry.removed) return [entry]
    return entry.ref === undefined ? [] : [{ ...entry, removed: true }]
  })
}

async function sweep({ manifest, vault }: Ring): Promise<void> {
  for (const { did, ref, removed } of await manifest.read()) {
    if (!removed || ref === undefined) continue
    await vault.destroy(did, ref)
    await manifest.update((entries) => entries.filter((entry) => !(entry.removed && entry.ref === ref)))
  }
}
