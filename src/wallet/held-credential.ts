import {
  credentialDigest,
  parseCredential,
  parseDateTimeStamp,
  type UnverifiedCredential,
} from '../credentials/index.ts'
import { parseDemand } from '../demand/index.ts'
import { isJsonObject } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import type { HeldCredential, ReleaseRule } from './wallet.ts'

/**
 * Reads who may see a credential.
 *
 * @throws {VerificationError} `COMITY_DEMAND_INVALID` when it is neither a word nor a demand.
 * @throws {TypeError} There is none.
 */
export function readReleaseRule(release: unknown): ReleaseRule {
  if (release === undefined) throw new TypeError('options.release must be `public`, `never` or a demand')
  return release === 'public' || release === 'never' ? release : parseDemand(release)
}

/**
 * Reads a credential, and what a wallet has to know of it.
 *
 * @throws {VerificationError} The codes of `parseCredential`.
 * @throws {PolicyError} `COMITY_WALLET_CREDENTIAL_INVALID` when it is about nobody.
 */
export function readHeldCredential(token: string, release: ReleaseRule): HeldCredential {
  const credential = parseCredential(token)
  const { types, issuer, subject, document, validUntil } = credential
  if (subject === undefined) throw notOurs()
  const assessedAt = assessedAtOf(credential)
  return Object.freeze({
    digest: credentialDigest(token),
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

/** The failure of a credential that is about nobody in the wallet. */
export function notOurs(): PolicyError {
  return new PolicyError(
    'COMITY_WALLET_CREDENTIAL_INVALID',
    'the credential is not about a DID of this wallet',
  )
}

function assessedAtOf({ document }: UnverifiedCredential): number | undefined {
  const subject = document['credentialSubject']
  const text = isJsonObject(subject) ? subject['assessedAt'] : undefined
  return typeof text === 'string' ? parseDateTimeStamp(text) : undefined
}
