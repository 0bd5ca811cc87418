import type { JsonObject } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { checkPeriod, checkTypes } from './list-document.ts'
import {
  ACCREDITATION_TYPE,
  ShapeFault,
  checkMembers,
  readAudiences,
  readDid,
  readObject,
  readTypes,
  readWhole,
  type Coverage,
} from './shape.ts'

/** The most accreditations between an accepted body and the issuer of a credential. */
export const MAX_HOPS: number = 3

/** The longest time for which an accreditation is valid, in seconds: 366 days. */
export const MAX_ACCREDITATION_SECONDS: number = 31_622_400

const MEMBERS = ['id', 'accreditedFor', 'audiences', 'mayAccredit', 'depth']

/** What an accreditation says, and who says it. */
export interface Accreditation extends Coverage {
  /** The DID of the body that accredits. */
  readonly body: string
  /** The DID of the issuer that is accredited. */
  readonly issuer: string
  /** How many accreditations may follow below this one: 0 where the issuer may accredit nobody, else up to 2. */
  readonly depth: number
}

/** What of a credential an accreditation is read from; its signature is somebody else's business. */
export interface AccreditationDocument {
  readonly issuer: string
  readonly document: JsonObject
  /** Seconds since the epoch. */
  readonly validFrom: number
  /** Seconds since the epoch. */
  readonly validUntil: number
}

/**
 * Reads an `AccreditationCredential`, a credential whose form was checked.
 *
 * @throws {VerificationError} `COMITY_ACCREDITATION_INVALID`, also where a body accredits itself.
 */
export function readAccreditation(credential: AccreditationDocument): Accreditation {
  try {
    return read(credential)
  } catch (error) {
    if (!(error instanceof ShapeFault)) throw error
    throw new VerificationError('COMITY_ACCREDITATION_INVALID', error.message, { spec: 'Comity trust §3.1' })
  }
}

function read({ document, issuer: body, validFrom, validUntil }: AccreditationDocument): Accreditation {
  checkTypes(document['type'], ACCREDITATION_TYPE)
  checkPeriod({ document, validFrom, validUntil }, MAX_ACCREDITATION_SECONDS)
  const subject = readObject(document['credentialSubject'], 'credentialSubject')
  checkMembers(subject, MEMBERS, 'credentialSubject')
  const issuer = readDid(subject['id'], 'credentialSubject.id')
  if (issuer === body) throw new ShapeFault('a body accredits itself')
  return Object.freeze({
    body,
    issuer,
    types: readTypes(subject['accreditedFor'], 'accreditedFor'),
    ...readAudiences(subject['audiences'], 'audiences'),
    depth: readDepth(subject),
  })
}

/** `depth` stands there exactly where `mayAccredit` is true. */
function readDepth({ mayAccredit, depth }: JsonObject): number {
  if (typeof mayAccredit !== 'boolean') throw new ShapeFault('mayAccredit is not a boolean')
  if (mayAccredit) return readWhole(depth, 1, MAX_HOPS - 1, 'depth')
  if (depth !== undefined) throw new ShapeFault('depth is there without mayAccredit')
  return 0
}
