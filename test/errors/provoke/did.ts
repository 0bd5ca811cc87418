import {
  createDidResolver,
  findService,
  findVerificationKey,
  parseDid,
  parseDidDocument,
  type DidDocument,
} from '../../../src/did/index.ts'
import { NetworkError, type ComityErrorCode } from '../../../src/errors/index.ts'
import type { GuardedFetch } from '../../../src/net/index.ts'

const key = 'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp'

/** Resolves a DID whose host answers with this status, or not at all. */
async function resolve(subject: string, status?: number): Promise<DidDocument> {
  const fetch = async () => {
    if (status === undefined) throw new NetworkError('COMITY_NET_UNREACHABLE', 'nobody is there')
    return { url: '', status, headers: new Headers(), body: new Uint8Array() }
  }
  return createDidResolver({ fetch: fetch as unknown as GuardedFetch }).resolveDocument(subject)
}

/** A call for each code of the area that fails with it. */
export const did = {
  COMITY_DID_INVALID: () => parseDid('acme.example'),
  COMITY_DID_DOCUMENT_INVALID: () => parseDidDocument({}, key),
  COMITY_DID_DEACTIVATED: () => resolve('did:web:acme.example', 410),
  COMITY_DID_KEY_RELATIONSHIP: async () => {
    const document = await resolve(key)
    findVerificationKey(document, document.keyAgreement[0] ?? '', 'authentication')
  },
  COMITY_DID_METHOD_UNSUPPORTED: () => resolve('did:example:123'),
  COMITY_DID_NOT_FOUND: () => resolve('did:web:acme.example', 404),
  COMITY_DID_UNRESOLVABLE: () => resolve('did:web:acme.example'),
  COMITY_DID_KEY_UNKNOWN: async () =>
    findVerificationKey(await resolve(key), `${key}#other`, 'authentication'),
  COMITY_DID_SERVICE_UNKNOWN: async () => findService(await resolve(key), 'ComityHandshake'),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
