import {
  assertAllowed,
  createGrantAuthorizer,
  parseAuthorizationDetails,
} from '../../../src/authorization/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'

const request = {
  subject: { did: 'did:web:agent.example', organizations: [] },
  resource: { type: 'invoices', action: 'read' },
  context: { method: 'GET', path: '/', now: 0 },
}

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const authorization = {
  COMITY_AUTHORIZATION_DETAILS_INVALID: () => parseAuthorizationDetails({ type: 'invoices' }),
  COMITY_REQUEST_NOT_GRANTED: async () => {
    assertAllowed(await createGrantAuthorizer().decide({ ...request, granted: [] }))
  },
  COMITY_POSTURE_STALE: async () => {
    const granted = [{ type: 'invoices', actions: ['read'] }]
    assertAllowed(await createGrantAuthorizer().decide({ ...request, granted, maxPostureAge: 60 }))
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
