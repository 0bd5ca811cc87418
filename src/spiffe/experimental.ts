/**
 * WIT-SVIDs, which are still incubating: what is here may change with their specification, without a major version.
 *
 * Implemented is the revision of 1 July 2026 (commit 665a28f). A WIT-SVID is accepted only with a proof that whoever
 * shows it has its key: a WIMSE Workload Proof Token.
 *
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/WIT-SVID.md | WIT-SVID}
 * @module
 */
export {
  issueWitSvid,
  presentWitSvid,
  witAuthorityOf,
  type IssueWitSvidOptions,
  type PresentWitSvidOptions,
} from './wit-issue.ts'
export {
  assertVerifiedWitSvid,
  verifyWitSvid,
  type PresentedWitSvid,
  type VerifiedWitSvid,
  type VerifyWitSvidOptions,
} from './wit-proof.ts'
export { parseWitSvid, type UnverifiedWitSvid } from './wit-svid.ts'
export type { TokenKey } from './token-checks.ts'
