/**
 * What may be asked for, what was granted, and whether one request is within it.
 *
 * Authority is data: authorization details (RFC 9396). They are parsed strictly, compared conservatively, and every
 * request is decided by an {@link Authorizer}, for which {@link createGrantAuthorizer} is the one without policies.
 *
 * @module
 */
export { parseAuthorizationDetails, type AuthorizationDetail } from './authorization-detail.ts'
export {
  assertAllowed,
  createGrantAuthorizer,
  type AuthorizationRequest,
  type Authorizer,
  type Decision,
  type RefusalCode,
} from './authorizer.ts'
export { isWithin } from './comparison.ts'
export { grantFrom, type GrantAnswer, type GrantQuestion } from './grant.ts'
