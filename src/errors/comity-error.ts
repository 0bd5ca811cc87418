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
  /** The class. */
  readonly name: string
  /** The stable code. */
  readonly code: ComityErrorCode
  /** For people; it may change. */
  readonly message: string
  /** The section of the specification that was broken, where there is one. */
  readonly spec?: string
  /** Names, lengths and limits. */
  readonly details: Readonly<Record<string, string | number | boolean>>
}

/** Base class of every deliberate failure. Not thrown itself. */
export abstract class ComityError extends Error {
  /** Spelled out in each subclass: `constructor.name` does not survive a minifier. */
  abstract override readonly name: string
  /** The stable code: switch on this one, never on `message`. */
  readonly code: ComityErrorCode
  /** The section of the specification that was broken, where there is one. */
  readonly spec: string | undefined
  /** Names, lengths and limits, safe to write to a log. */
  readonly details: Readonly<Record<string, string | number | boolean>>

  constructor(code: ComityErrorCode, message: string, context: ErrorContext = {}) {
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
export class VerificationError extends ComityError {
  override readonly name = 'VerificationError'
  declare readonly code: VerificationCode

  constructor(code: VerificationCode, message: string, context?: ErrorContext) {
    super(code, message, context)
  }
}

/** The evidence cannot be judged: no document, no key, no trusted issuer, no status. */
export class TrustError extends ComityError {
  override readonly name = 'TrustError'
  declare readonly code: TrustCode

  constructor(code: TrustCode, message: string, context?: ErrorContext) {
    super(code, message, context)
  }
}

/** The evidence is good and is refused all the same. */
export class PolicyError extends ComityError {
  override readonly name = 'PolicyError'
  declare readonly code: PolicyCode

  constructor(code: PolicyCode, message: string, context?: ErrorContext) {
    super(code, message, context)
  }
}

/** A guarded look-up was not allowed, or did not end well within its limits; or a store's file cannot be used. */
export class NetworkError extends ComityError {
  override readonly name = 'NetworkError'
  declare readonly code: NetworkCode

  constructor(code: NetworkCode, message: string, context?: ErrorContext) {
    super(code, message, context)
  }
}

/** The peer refused, or did not keep to the protocol. */
export class PeerError extends ComityError {
  override readonly name = 'PeerError'
  declare readonly code: PeerCode

  constructor(code: PeerCode, message: string, context?: ErrorContext) {
    super(code, message, context)
  }
}
