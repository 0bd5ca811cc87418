import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { TLS_SUITES } from '../../net/index.ts'
import type { Cancel } from '../../runtime/index.ts'
import type { Certificate } from '../certificate.ts'
import { formatPem } from '../pem.ts'
import type { X509Svid } from '../x509-material.ts'

/** Where one's own SVID comes from: whatever renews it, or `{ getX509Svid: () => svid }` for one that stays. */
export interface X509SvidSource {
  /** The SVID as of now. Throws where there is none that is valid. */
  getX509Svid(): X509Svid
  /** Tells when there is another one. Connections do not need it: each asks when it begins. */
  onUpdate?(listener: () => void): Cancel
}

/**
 * What both ends insist on: TLS 1.2 with forward secrecy and authenticated encryption, or TLS 1.3; no tickets, by which
 * a session would be resumed without a certificate; no renegotiation, by which a certificate would change unseen.
 *
 * @see {@link https://wiki.mozilla.org/Security/Server_Side_TLS#Intermediate_compatibility_.28recommended.29 | Mozilla, intermediate}
 */
export const TLS_RULES: Readonly<
  Required<Pick<SecureContextOptions, 'minVersion' | 'ciphers' | 'secureOptions'>>
> = Object.freeze({
  minVersion: 'TLSv1.2',
  ciphers: TLS_SUITES,
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
})

/** What a connection is made with, and the context that came of it. */
export interface TlsMaterial {
  /** What OpenSSL makes a context of. */
  readonly options: SecureContextOptions & { readonly allowPartialTrustChain: true }
  /** The context. */
  readonly context: SecureContext
}

interface Held {
  readonly authorities: readonly Certificate[]
  readonly material: TlsMaterial
}

const held = new WeakMap<X509Svid, Held>()

/** The certificates of an SVID, the leaf first, in PEM. */
export function pemChainOf({ chain }: X509Svid): string {
  return pemOf(chain)
}

/** The private key of an SVID in PEM. */
export function pemKeyOf({ privateKey }: X509Svid): string {
  return formatPem('PRIVATE KEY', privateKey)
}

/** Certificates in PEM, one after the other. */
export function pemOf(certificates: readonly Certificate[]): string {
  return certificates.map(({ der }) => formatPem('CERTIFICATE', der)).join('')
}

/**
 * Makes what a connection needs; the last of each SVID is kept, for making a context takes longer than a handshake.
 *
 * @param svid - One's own, undefined for none.
 * @param authorities - What OpenSSL shall trust: these, be they roots or not, and nothing else.
 */
export function tlsMaterial(svid: X509Svid | undefined, authorities: readonly Certificate[]): TlsMaterial {
  const last = svid && held.get(svid)
  if (last !== undefined && isSame(last.authorities, authorities)) return last.material
  const options = {
    ...TLS_RULES,
    // Without any authority an empty list: left out, it would mean those of the web.
    ca: authorities.map(({ der }) => formatPem('CERTIFICATE', der)),
    allowPartialTrustChain: true as const,
    ...(svid !== undefined && { cert: pemChainOf(svid), key: pemKeyOf(svid) }),
  }
  const material = Object.freeze({ options, context: createSecureContext(options) })
  if (svid !== undefined) held.set(svid, { authorities: [...authorities], material })
  return material
}

function isSame(a: readonly Certificate[], b: readonly Certificate[]): boolean {
  return a.length === b.length && a.every(({ fingerprint }, index) => fingerprint === b[index]?.fingerprint)
}
