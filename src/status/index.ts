/**
 * Status of credentials: whether one was revoked or suspended, published and looked up as Bitstring Status List 1.0 and
 * as IETF Token Status List.
 *
 * {@link createStatusChecker} is what `verifyCredential` asks; it fetches lists through the guarded fetch, takes them
 * only from the credential's own issuer, and refuses what it cannot read. {@link createStatusPublisher} gives out
 * places in lists and changes what stands there.
 *
 * @module
 */
export {
  MAX_AGGREGATED_LISTS,
  STATUS_LIST_AGGREGATION_MEDIA_TYPE,
  STATUS_LIST_AGGREGATION_SERVICE,
  formatStatusListAggregation,
  parseStatusListAggregation,
} from './aggregation.ts'
export { decodeStatusList, encodeStatusList } from './codec.ts'
export {
  createIssuerListReader,
  verifyIssuerList,
  type IssuerList,
  type IssuerListContext,
  type IssuerListReader,
  type IssuerListReaderOptions,
  type IssuerLists,
  type VerifyIssuerListOptions,
} from './issuer-lists.ts'
export { STATUS_LIST_MEDIA_TYPE, TOKEN_STATUS_LIST_MEDIA_TYPE } from './list-kinds.ts'
export type { StatusReadContext } from './list-loader.ts'
export {
  STATUS_LIST_TOKEN_TYP,
  verifyStatusListToken,
  type StatusListToken,
  type VerifyStatusListTokenOptions,
} from './list-token.ts'
export { createStatusChecker, type StatusCheckerOptions } from './status-checker.ts'
export { MAX_LIST_LENGTH, MIN_LIST_LENGTH, createStatusList, type StatusList } from './status-list.ts'
export {
  createStatusPublisher,
  type StatusPublisher,
  type StatusPublisherOptions,
} from './status-publisher.ts'
export { createStatusReader, type StatusReader, type StatusReaderOptions } from './status-reader.ts'
export { decodeTokenStatusList, encodeTokenStatusList, type EncodedTokenStatusList } from './token-codec.ts'
export {
  TOKEN_STATUS,
  createTokenStatusList,
  type TokenStatusBits,
  type TokenStatusList,
} from './token-list.ts'
