import { verifyCredential } from '../../../src/credentials/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { createTrustRegistry, verifyTrustList } from '../../../src/trust/index.ts'
import { createWorld, issuePosture, NOW } from '../../credentials/world.ts'
import { createTrustWorld, ISSUER, LIST, LIST_URL, POSTURE } from '../../trust/world.ts'

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const trust = {
  COMITY_ISSUER_NOT_TRUSTED: async () => {
    const { issuer, options } = await createWorld()
    await verifyCredential(await issuePosture(issuer), {
      ...options,
      trust: createTrustRegistry({ issuers: [] }),
    })
  },
  COMITY_TRUST_LIST_INVALID: async () => {
    const world = await createTrustWorld()
    const entry = { issuer: ISSUER, types: [POSTURE] }
    await world.list([entry, entry])
  },
  COMITY_TRUST_LIST_ROLLBACK: async () => {
    const world = await createTrustWorld()
    const options = { owner: LIST, url: LIST_URL, resolver: world.resolver, now: NOW }
    const seen = await verifyTrustList(await world.list([], { sequence: 2 }), options)
    await verifyTrustList(await world.list([], { sequence: 1 }), { ...options, seen })
  },
  COMITY_ACCREDITATION_INVALID: async () => {
    const world = await createTrustWorld()
    await world.accredit(ISSUER, ISSUER)
  },
  COMITY_TRUST_LIST_UNAVAILABLE: async () => {
    const world = await createTrustWorld()
    await world.registry({ lists: [{ did: LIST }] }).judge({ issuer: ISSUER, type: POSTURE })
  },
  COMITY_ACCREDITATION_UNAVAILABLE: async () => {
    const world = await createTrustWorld()
    const accreditors = [{ did: LIST, types: [POSTURE] }]
    await world.registry({ accreditors }).judge({ issuer: ISSUER, type: POSTURE })
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
