import type {
  ComityErrorCode,
  NetworkCode,
  PeerCode,
  PolicyCode,
  TrustCode,
  VerificationCode,
} from './codes.ts'

/** What a {@link ComityError} may carry. Never a token, a key, a claim value or a secret. */
export interface ErrorContext {
  /** The section of the specification that the input broke, such as `RFC 9449 §4.3`. */
  readonly spec?: string
  /** Names, lengths and limits, safe to write to a log. */
  readonly details?: Readonly<Record<string, string | number | boolean>>
  /** The error underneath, kept for debugging and never serialized. */
  readonly cause?: unknown
}

/** The form of a {@link ComityError} in logs and audit records. */
export interface SerializedError {
  readonly name: string
  readonly code: ComityErrorCode
  readonly message: string
  readonly spec?: string
  readonly details: Readonly<Record<string, string | number | boolean>>
}

/** Base class of every deliberate failure. Not thrown itself. */
export abstract class ComityError<Code extends ComityErrorCode = ComityErrorCode> extends Error {
  /** Spelled out in each subclass: `constructor.name` does not survive a minifier. */
  abstract override readonly name: string
  /** The stable code: switch on this one, never on `message`. */
  readonly code: Code
  /** The section of the specification that was broken, where there is one. */
  readonly spec: string | undefined
  /** Names, lengths and limits, safe to write to a log. */
  readonly details: Readonly<Record<string, string | number | boolean>>

  constructor(code: Code, message: string, context: ErrorContext = {}) {
    super(message, 'cause' in context ? { cause: context.cause } : undefined)
    this.code = code
    this.spec = context.spec
    this.details = Object.freeze({ ...context.details })
  }

  /** The form for logs and audit records. It leaves out `cause` and `stack`. */
  toJSON(): SerializedError {
    const { name, code, message, spec, details } = this
    return { name, code, message, ...(spec === undefined ? {} : { spec }), details }
  }
}

/** The evidence is malformed, forged, expired or not yet valid. */
export class VerificationError extends ComityError<VerificationCode> {
  override readonly name = 'VerificationError'
}

/** The evidence cannot be judged: no document, no key, no trusted issuer, no status. */
export class TrustError extends ComityError<TrustCode> {
  override readonly name = 'TrustError'
}

/** The evidence is good and is refused all the same. */
export class PolicyError extends ComityError<PolicyCode> {
  override readonly name = 'PolicyError'
}

/** A guarded look-up was not allowed, or did not end well within its limits. */
export class NetworkError extends ComityError<NetworkCode> {
  override readonly name = 'NetworkError'
}

/** The peer refused, or did not keep to the protocol. */
export class PeerError extends ComityError<PeerCode> {
  override readonly name = 'PeerError'
}
