import type { RawPublicJwk } from './raw-crypto.ts'
import type { RawSizes } from './raw-handshake.ts'

/** A certificate for loopback, and the root that trusts it. */
export interface ServerIdentity {
  readonly key: string
  readonly cert: string
  readonly ca: string
}

/** What a server process is told to be, as its first message. */
export type ServerRole =
  | ({
      readonly role: 'gateway'
      readonly peer: { readonly did: string; readonly origin: string }
    } & ServerIdentity)
  | ({
      readonly role: 'bare'
      readonly crypto: 'jose' | 'node:crypto'
      readonly peerKey: RawPublicJwk
      readonly sizes: RawSizes
    } & ServerIdentity)

/** What it answers when it listens. */
export interface ServerReady {
  readonly origin: string
  /** The gateway's DID. */
  readonly did?: string
  /** The bare server's key. */
  readonly publicJwk?: RawPublicJwk
}

/** The message that ends all sessions of a gateway, whose agents may have only so many at once. */
export const END_SESSIONS = 'end sessions'

/** The message that asks for the CPU time, in microseconds, that the process has spent so far. */
export const ASK_CPU = 'cpu'
