import { expect } from 'vitest'
import { formatTrustBundle, parseTrustDomain, type TrustBundle } from '../../src/spiffe/index.ts'
import { createSpiffeAuthority, createTestClock } from '../../src/testing/index.ts'
import { NOW } from './forge.ts'

/** The trust domain of the bundles. */
export const acme = parseTrustDomain('acme.example')

export const clock = createTestClock(NOW)

/** A key of a bundle's document. */
export type Key = Readonly<Record<string, unknown>>

/** The authority of `acme.example`. */
export const authority = await createSpiffeAuthority('acme.example', clock)

/** The two keys of its bundle's document. */
export const [x509Key, jwtKey] = (JSON.parse(formatTrustBundle(authority.bundle())) as { keys: [Key, Key] })
  .keys

/** A key without one of its members. */
export const without = (key: Key, name: string): Key =>
  Object.fromEntries(Object.entries(key).filter(([each]) => each !== name))

/** How many authorities of each kind a bundle has. */
export const count = ({
  x509Authorities,
  jwtAuthorities,
  witAuthorities,
}: TrustBundle): readonly number[] => [x509Authorities.length, jwtAuthorities.size, witAuthorities.size]

/** Expects that a bundle is refused for its form. */
export const refused = (make: () => unknown): void => {
  expect(make).toThrow(expect.objectContaining({ code: 'COMITY_BUNDLE_MALFORMED' }))
}
