/** The cryptographic operations of a handshake, by one implementation and with nothing around them. */
export interface RawCrypto {
  /** An ephemeral X25519 key. */
  startAgreement(): Promise<RawAgreement>
  /** HKDF-SHA-256: one key of 32 bytes for each purpose. */
  deriveKeys(
    secret: Uint8Array,
    salt: Uint8Array,
    infos: readonly Uint8Array[],
  ): Promise<readonly Uint8Array[]>
  /** SHA-256. */
  hash(bytes: Uint8Array): Promise<Uint8Array>
  /** An Ed25519 key. */
  generateSigner(): Promise<RawSigner>
  /** Imports a public key. */
  importVerifier(jwk: RawPublicJwk): Promise<RawVerifier>
  /** A compact JWE, `dir` and `A256GCM`. */
  seal(
    key: Uint8Array,
    content: Uint8Array,
    header: Readonly<Record<string, string | number>>,
  ): Promise<string>
  /** Opens a compact JWE. */
  open(key: Uint8Array, box: string): Promise<Uint8Array>
}

/** One side of a key agreement. */
export interface RawAgreement {
  readonly share: Uint8Array
  agree(share: Uint8Array): Promise<Uint8Array>
}

/** An Ed25519 public key. */
export interface RawPublicJwk {
  readonly kty: string
  readonly crv: string
  readonly x: string
}

/** Signs compact JWS. */
export interface RawSigner {
  readonly publicJwk: RawPublicJwk
  sign(payload: Uint8Array, header: Readonly<Record<string, string>>): Promise<string>
}

/** Verifies compact JWS. */
export type RawVerifier = (jws: string) => Promise<Uint8Array>

/** Bytes as text. */
export const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** Text as bytes. */
export const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'))
