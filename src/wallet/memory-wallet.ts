import { parseCredential, parseDateTimeStamp, type UnverifiedCredential } from '../credentials/index.ts'
import { parseDemand } from '../demand/index.ts'
import { parseDid, parseDidUrl } from '../did/index.ts'
import { encodeBase64url, encodeUtf8, isJsonObject } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import type { Signer } from '../keys/index.ts'
import { sha256 } from '../runtime/index.ts'
import {
  MAX_WALLET_CREDENTIALS,
  MAX_WALLET_KEYS,
  type AddCredentialOptions,
  type HeldCredential,
  type KeyPurpose,
  type ReleaseRule,
  type Wallet,
} from './wallet.ts'

const PURPOSES: readonly KeyPurpose[] = ['authentication', 'assertionMethod']

interface HeldKey {
  readonly did: string
  readonly signer: Signer
  readonly purposes: readonly KeyPurpose[]
}

/**
 * Makes an empty wallet that is kept in memory and is gone with the process.
 *
 * @returns The wallet; see {@link Wallet} for what its methods check.
 */
export function createMemoryWallet(): Wallet {
  const keys = new Map<string, HeldKey>()
  const held = new Map<string, HeldCredential>()

  return Object.freeze({
    dids: async () => didsOf(keys),
    signer: async (did: string, purpose: KeyPurpose = 'authentication') => findSigner(keys, did, purpose),
    addKey: async (did: string, signer: Signer, purposes: readonly KeyPurpose[] = PURPOSES) => {
      addKey(keys, { did, signer, purposes })
    },
    credentials: async (did: string) =>
      Object.freeze([...held.values()].filter(({ subject }) => subject === did)),
    addCredential: async (token: string, options: AddCredentialOptions) => {
      const release = readReleaseRule(options)
      const credential = parseCredential(token)
      const subject = subjectAmong(didsOf(keys), credential)
      const entry = toHeldCredential(credential, subject, release)
      if (!held.has(entry.digest)) checkRoom('credentials', held.size, MAX_WALLET_CREDENTIALS)
      held.set(entry.digest, entry)
      return entry
    },
    removeCredential: async (digest: string) => held.delete(digest),
  })
}

function didsOf(keys: ReadonlyMap<string, HeldKey>): readonly string[] {
  return Object.freeze([...new Set([...keys.values()].map(({ did }) => did))])
}

function findSigner(keys: ReadonlyMap<string, HeldKey>, did: string, purpose: KeyPurpose): Signer {
  const key = [...keys.values()].findLast((entry) => entry.did === did && entry.purposes.includes(purpose))
  if (key !== undefined) return key.signer
  throw new PolicyError('COMITY_WALLET_KEY_UNKNOWN', `the wallet has no key of the DID for \`${purpose}\``)
}

function addKey(keys: Map<string, HeldKey>, { did, signer, purposes }: HeldKey): void {
  parseDid(did)
  const url = parseDidUrl(signer.kid)
  if (url.did !== did || !url.fragment) {
    throw new TypeError(
      'signer.kid must be a DID URL of this DID with a fragment, such as `did:web:acme.example#key-1`',
    )
  }
  if (purposes.length === 0 || !purposes.every((purpose) => PURPOSES.includes(purpose))) {
    throw new TypeError('purposes must be one or more of `authentication` and `assertionMethod`')
  }
  if (!keys.has(signer.kid)) checkRoom('keys', keys.size, MAX_WALLET_KEYS)
  // A map keeps an old key's place, and the last one in it is the one that signs.
  keys.delete(signer.kid)
  keys.set(signer.kid, { did, signer, purposes: [...purposes] })
}

function readReleaseRule(options: AddCredentialOptions | undefined): ReleaseRule {
  const release = options?.release
  if (release === undefined) throw new TypeError('options.release must be `public`, `never` or a demand')
  return release === 'public' || release === 'never' ? release : parseDemand(release)
}

function subjectAmong(dids: readonly string[], { subject }: UnverifiedCredential): string {
  if (subject !== undefined && dids.includes(subject)) return subject
  throw new PolicyError(
    'COMITY_WALLET_CREDENTIAL_INVALID',
    'the credential is not about a DID of this wallet',
  )
}

function toHeldCredential(
  credential: UnverifiedCredential,
  subject: string,
  release: ReleaseRule,
): HeldCredential {
  const { token, types, issuer, document, validUntil } = credential
  const assessedAt = assessedAtOf(credential)
  return Object.freeze({
    digest: encodeBase64url(sha256(encodeUtf8(token))),
    token,
    format: 'vc+jwt',
    types,
    issuer,
    subject,
    document,
    release,
    validUntil,
    ...(assessedAt === undefined ? {} : { assessedAt }),
  })
}

function assessedAtOf({ document }: UnverifiedCredential): number | undefined {
  const subject = document['credentialSubject']
  const text = isJsonObject(subject) ? subject['assessedAt'] : undefined
  return typeof text === 'string' ? parseDateTimeStamp(text) : undefined
}

function checkRoom(what: string, count: number, most: number): void {
  if (count < most) return
  throw new PolicyError('COMITY_WALLET_FULL', `the wallet has no room for more ${what}`, {
    details: { most },
  })
}
