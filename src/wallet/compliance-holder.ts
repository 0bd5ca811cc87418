import { isJsonObject } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import {
  babyJubJubJwk,
  commitHolder,
  documentOf,
  encodeFieldElement,
  holderCommitment,
  parseBabyJubJubJwk,
  parseComplianceCredential,
  verifyComplianceCredential,
  type VerifiedComplianceCredential,
} from '../zk/index.ts'
import {
  MAX_WALLET_COMPLIANCE_CREDENTIALS,
  type AddComplianceOptions,
  type ComplianceHolder,
  type HeldComplianceCredential,
} from './compliance.ts'
import { checkWritten } from './credential-shelf.ts'
import { assessment, notOurs, readReleaseRule } from './held-credential.ts'
import { createHolderSecretKeeper } from './holder-secret.ts'
import type { SecretVault } from './key-vault.ts'
import { invalidRecord, parseRecord } from './manifest.ts'
import { createShelf, type Shelf } from './shelf.ts'
import type { ReleaseRule } from './wallet.ts'

/** What the holder's part of a wallet is made of. */
export interface ComplianceHolderOptions {
  readonly store: Store
  /** Throws where there is no place for secrets. */
  readonly secrets: () => SecretVault
  readonly clock: Clock
  readonly dids: () => Promise<readonly string[]>
}

/** Makes the part of a wallet that holds compliance credentials. */
export function createComplianceHolder(options: ComplianceHolderOptions): ComplianceHolder {
  const { store, secrets, clock, dids } = options
  const secret = createHolderSecretKeeper(secrets)
  const commitment = async (): Promise<bigint> => holderCommitment(await secret())
  const shelf = createShelf<HeldComplianceCredential>(store, {
    listKey: 'wallet/compliance-credentials',
    itemPrefix: 'wallet/compliance-credential/',
    what: 'compliance credentials',
    most: MAX_WALLET_COMPLIANCE_CREDENTIALS,
    write: toBody,
    read: async (text) => readBody(text, await commitment()),
  })
  return {
    complianceSecret: secret,
    commitCompliance: async ({ issuer, nonce }) => commitHolder(await secret(), { issuer, nonce }),
    addComplianceCredential: async (text, addOptions: AddComplianceOptions | undefined) => {
      const release = readReleaseRule(addOptions?.release)
      const { resolver, subject } = addOptions ?? {}
      if (resolver === undefined)
        throw new TypeError('options.resolver is needed to find the key of the issuer')
      if (subject !== undefined && !(await dids()).includes(subject)) throw notOurs()
      const credential = await verifyComplianceCredential(text, {
        resolver,
        commitment: await commitment(),
        now: clock.now(),
      })
      return add(shelf, toHeld(credential, release, subject))
    },
    complianceCredentials: async (did) =>
      shelf.list((subject) => did === undefined || subject === undefined || subject === did),
    removeComplianceCredential: async (digest) => shelf.remove(digest),
  }
}

async function add(
  shelf: Shelf<HeldComplianceCredential>,
  held: HeldComplianceCredential,
): Promise<HeldComplianceCredential> {
  await shelf.add(held)
  return held
}

function toHeld(
  credential: VerifiedComplianceCredential,
  release: ReleaseRule,
  subject: string | undefined,
): HeldComplianceCredential {
  const { text, type, issuer, exp } = credential
  const document = documentOf(credential)
  const claims = document['credentialSubject']
  return Object.freeze({
    digest: encodeFieldElement(credential.digest),
    text,
    credential,
    type,
    issuer,
    document,
    release,
    validUntil: exp,
    ...(subject !== undefined && { subject }),
    ...assessment(isJsonObject(claims) ? claims['assessedAt'] : undefined),
  })
}

/** The issuer's key is kept too: what was verified once is verified again by the key of then, whatever became of it. */
function toBody({ text, credential, release, subject }: HeldComplianceCredential): string {
  const { kty, crv, x, y } = babyJubJubJwk(credential.issuerKey)
  const body = JSON.stringify({ text, release, subject, issuerKey: { kty, crv, x, y } })
  checkWritten(() => parseBody(body))
  return body
}

interface Body {
  readonly text: string
  readonly release: ReleaseRule
  readonly subject: string | undefined
  readonly issuerKey: VerifiedComplianceCredential['issuerKey']
}

function parseBody(body: string): Body {
  const value = parseRecord(body)
  if (!isJsonObject(value)) throw invalidRecord()
  const { text, subject } = value
  if (typeof text !== 'string' || (subject !== undefined && typeof subject !== 'string'))
    throw invalidRecord()
  const release = readReleaseRule(value['release'])
  return { text, release, subject, issuerKey: parseBabyJubJubJwk(value['issuerKey']) }
}

async function readBody(body: string, commitment: bigint): Promise<HeldComplianceCredential> {
  try {
    const { text, release, subject, issuerKey } = parseBody(body)
    // As of its beginning: what has expired since stays until it is removed.
    const now = parseComplianceCredential(text).iat
    const credential = await verifyComplianceCredential(text, { publicKey: issuerKey, commitment, now })
    return toHeld(credential, release, subject)
  } catch (cause) {
    if (cause instanceof ComityError || cause instanceof TypeError) throw invalidRecord(cause)
    throw cause
  }
}
