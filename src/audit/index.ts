/**
 * Who did what for whom: append-only records of handshakes, decisions, sessions, revocations and issuance.
 *
 * Each record has a leaf hash as RFC 6962 has them, over its canonical JSON, so that a Merkle tree over the log can be
 * built at any time.
 *
 * @module
 */
export {
  auditLeafHash,
  createAuditLog,
  type AuditEntry,
  type AuditLog,
  type AuditLogOptions,
  type AuditPlace,
} from './audit-log.ts'
export {
  AUDIT_KINDS,
  AUDIT_OUTCOMES,
  type AuditKind,
  type AuditOutcome,
  type AuditRecord,
} from './audit-record.ts'
export { traceSession, type SessionTrace, type TraceStep } from './trace-session.ts'
