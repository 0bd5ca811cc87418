import type { JsonObject } from '../encoding/index.ts'
import { createDidDocument, type CreateDidDocumentOptions } from './create.ts'
import { ownerOf, updateDidDocument, type DidDocumentChanges } from './update.ts'
import { didWebFromUrl, didWebUrl } from './web-url.ts'

/** A file for the host of a DID to serve. */
export interface HostedFile {
  /** The path of its URL, such as `/.well-known/did.json`. */
  readonly path: string
  /** The media type to serve it as. */
  readonly contentType: string
  /** The text, in UTF-8. */
  readonly body: string
}

/** A `did:web`, and what its host has to serve. Nothing is published before it does. */
export interface WrittenWebDid {
  /** The DID. */
  readonly did: string
  /** The document; `undefined` when the DID is deactivated. */
  readonly document: JsonObject | undefined
  /** What the host serves. */
  readonly files: readonly HostedFile[]
  /** Paths that the host answers with 410 from now on. */
  readonly gone: readonly string[]
}

/** What {@link createWebDid} makes a DID of. */
export interface CreateWebDidOptions extends Omit<CreateDidDocumentOptions, 'did'> {
  /** Where it will be: an `https` URL such as `https://acme.example` or `https://acme.example/agents/invoices`. */
  readonly location: string
}

function pathOf(did: string): string {
  return new URL(didWebUrl(did)).pathname
}

function write(did: string, document: JsonObject): WrittenWebDid {
  const file = { path: pathOf(did), contentType: 'application/did+json', body: JSON.stringify(document) }
  return Object.freeze({
    did,
    document,
    files: Object.freeze([Object.freeze(file)]),
    gone: Object.freeze([]),
  })
}

/**
 * Makes a `did:web` and its document.
 *
 * @throws {VerificationError} `COMITY_DID_INVALID` when there is no DID for the place.
 * @throws {TypeError} The options do not make a document that is accepted.
 * @see {@link https://w3c-ccg.github.io/did-method-web/#create-register | did:web §2.5.1}
 */
export function createWebDid({ location, ...options }: CreateWebDidOptions): WrittenWebDid {
  const did = didWebFromUrl(location)
  return write(did, createDidDocument({ ...options, did }))
}

/**
 * Changes the document of a `did:web`; see {@link updateDidDocument} for how keys are rotated.
 *
 * @param document - The document as it is hosted now.
 * @throws {VerificationError} `COMITY_DID_DOCUMENT_INVALID` or `COMITY_DID_INVALID` when it is none of a `did:web`.
 * @throws {TypeError} As {@link updateDidDocument}.
 * @see {@link https://w3c-ccg.github.io/did-method-web/#update | did:web §2.5.3}
 */
export function updateWebDid(document: JsonObject, changes: DidDocumentChanges): WrittenWebDid {
  const updated = updateDidDocument(document, changes)
  return write(ownerOf(updated), updated)
}

/**
 * Ends a `did:web`: its document is removed, and its host says so with 410.
 *
 * The method knows no more than that the document is not there. 410 tells who asks that it will not come back, which
 * Comity takes for deactivated; 404 would be taken for a DID that has never been.
 *
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no `did:web`.
 * @see {@link https://w3c-ccg.github.io/did-method-web/#deactivate-revoke | did:web §2.5.4}
 */
export function deactivateWebDid(did: string): WrittenWebDid {
  return Object.freeze({
    did,
    document: undefined,
    files: Object.freeze([]),
    gone: Object.freeze([pathOf(did)]),
  })
}
