import {
  createDidResolver,
  findService,
  findVerificationKey,
  parseDid,
  parseDidDocument,
  type DidDocument,
  type ResolveResultOptions,
} from '../../../src/did/index.ts'
import { createWebvhCache, updateWebvhDid, type WrittenWebvhDid } from '../../../src/did/webvh/index.ts'
import { failureOf } from '../../../src/did/result.ts'
import { NetworkError, type ComityErrorCode } from '../../../src/errors/index.ts'
import type { GuardedFetch } from '../../../src/net/index.ts'
import { createDid, signers, START, verify } from '../../did/webvh-support.ts'

const key = 'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp'

/** Resolves a DID whose host answers with this status, or not at all. */
async function resolve(subject: string, status?: number): Promise<DidDocument> {
  const fetch = async () => {
    if (status === undefined) throw new NetworkError('COMITY_NET_UNREACHABLE', 'nobody is there')
    return { url: '', status, headers: new Headers(), body: new Uint8Array() }
  }
  return createDidResolver({ fetch: fetch as unknown as GuardedFetch }).resolveDocument(subject)
}

const [signer] = await signers(1)

/** Verifies a log, changed. */
async function verifyLog(change: (written: WrittenWebvhDid) => string): Promise<void> {
  const written = await createDid(signer!)
  await verify(written.did, change(written))
}

/** Throws what a resolution into DID Core's form failed with. */
async function failed(subject: string, options: ResolveResultOptions): Promise<void> {
  const fetch = (() => undefined) as unknown as GuardedFetch
  const result = await createDidResolver({ fetch }).resolve(subject, options)
  throw failureOf(result)
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
  COMITY_DID_LOG_MALFORMED: () => verifyLog(() => '{}'),
  COMITY_DID_LOG_TIME: () => verifyLog(({ log }) => log.replace('2026-11-24', '2126-11-24')),
  COMITY_DID_LOG_CHAIN: () => verifyLog(({ log }) => log.replace('#key-1', '#key-2')),
  COMITY_DID_LOG_PROOF: () => verifyLog(({ log }) => log.replace('"proofValue":"z', '"proofValue":"u')),
  COMITY_DID_LOG_WITNESS: async () => {
    const witnesses = ['did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp']
    const { did: subject, log } = await createDid(signer!, { witness: { threshold: 1, witnesses } })
    await verify(subject, log)
  },
  COMITY_DID_LOG_ROLLBACK: async () => {
    const cache = createWebvhCache()
    const older = await createDid(signer!)
    const newer = await updateWebvhDid({ log: older.log, signer: signer!, now: START + 1 })
    cache.keep(await verify(newer.did, newer.log))
    cache.keep(await verify(older.did, older.log))
  },
  COMITY_DID_METHOD_UNSUPPORTED: () => resolve('did:example:123'),
  COMITY_DID_NOT_FOUND: () => resolve('did:web:acme.example', 404),
  COMITY_DID_UNRESOLVABLE: () => resolve('did:web:acme.example'),
  COMITY_DID_KEY_UNKNOWN: async () =>
    findVerificationKey(await resolve(key), `${key}#other`, 'authentication'),
  COMITY_DID_VERSION_UNSUPPORTED: () => failed(key, { versionId: '1' }),
  COMITY_DID_REPRESENTATION: () => failed(key, { accept: 'text/html' }),
  COMITY_DID_SERVICE_UNKNOWN: async () => findService(await resolve(key), 'ComityHandshake'),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
