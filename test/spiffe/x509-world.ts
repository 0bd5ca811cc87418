import { expect } from 'vitest'
import { verifyX509Svid, type VerifiedX509Svid } from '../../src/spiffe/index.ts'
import { bundlesOf, Extension, forge, NOW, type JsonGeneralName, type Party } from './forge.ts'

/** The trust domain of the chains. */
export const ACME = 'spiffe://acme.example'

export const url = (value: string): JsonGeneralName => ({ type: 'url', value })

/** A critical extension that nobody knows. */
export const critical = new Extension('1.2.3.4', true, new Uint8Array([5, 0]))

/** The authority of `acme.example`, whose key the tests have. */
export const root: Party = await forge({ name: 'CN=acme', names: [url(ACME)] })

/** Its bundle alone. */
export const bundles = bundlesOf('acme.example', root)

/** Verifies a chain with the bundle of `acme.example`, or others. */
export function verify(chain: readonly Party[], now = NOW, from = bundles): Promise<VerifiedX509Svid> {
  return verifyX509Svid(
    chain.map(({ der }) => der),
    { bundles: from, now },
  )
}

/** An error of this code. */
export const fails = (code: string): unknown => expect.objectContaining({ code })
