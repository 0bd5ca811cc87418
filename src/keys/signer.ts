import { algorithmsFor, parametersOf, type SignatureAlgorithm } from './algorithms.ts'
import { ensureParsed, takeGeneratedJwk, type PublicJwk } from './jwk.ts'
import { parsePrivateJwk } from './private-jwk.ts'
import { jwkThumbprint } from './thumbprint.ts'

/** Signs, and never gives its key away. */
export interface Signer {
  /** The name under which others find the public key, such as a DID URL. */
  readonly kid: string
  /** What it signs with. */
  readonly alg: SignatureAlgorithm
  /** The public key. */
  readonly publicJwk: PublicJwk
  /**
   * Signs bytes.
   *
   * @param bytes - What to sign, unhashed.
   * @returns The signature: 64 bytes, or 96 for ES384. That of ES256 and ES384 is r and s, not ASN.1.
   */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** Options of {@link generateSigner}. */
export interface GenerateSignerOptions {
  /** What to sign with. */
  readonly alg: SignatureAlgorithm
  /** The key's name. Defaults to its thumbprint. */
  readonly kid?: string
}

/** Options of {@link importSigner}. */
export interface ImportSignerOptions {
  /** The key's name. Defaults to the `kid` of the JWK, or else its thumbprint. */
  readonly kid?: string
  /** What to sign with. Defaults to the `alg` of the JWK, or else the first of {@link algorithmsFor}. */
  readonly alg?: SignatureAlgorithm
}

/** Options of {@link signerFromCallback}. */
export interface CallbackSignerOptions extends Omit<Signer, 'sign'> {
  /** Signs unhashed bytes, in the form that {@link Signer} says. */
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>
}

/**
 * Generates a key that stays inside Web Crypto: it cannot be exported.
 *
 * @param options - See {@link GenerateSignerOptions}.
 * @returns A signer with a new key.
 */
export async function generateSigner(options: GenerateSignerOptions): Promise<Signer> {
  const { alg, kid } = options
  const parameters = parametersOf(alg)
  const pair = (await crypto.subtle.generateKey(parameters.key, false, ['sign', 'verify'])) as CryptoKeyPair
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const publicJwk = takeGeneratedJwk({ kty, crv, x, ...(y !== undefined && { y }) })
  return createSigner(kid ?? jwkThumbprint(publicJwk), alg, publicJwk, pair.privateKey)
}

/**
 * Makes a signer of a stored private key. The imported copy cannot be exported again.
 *
 * @param privateJwk - A private JWK, parsed from JSON. Its private and public parts must belong together.
 * @param options - See {@link ImportSignerOptions}.
 * @returns The signer.
 * @throws {VerificationError} `COMITY_JWK_INVALID` when it is no private key of a supported curve.
 * @throws {TypeError} When the key cannot sign with `options.alg`, or with any algorithm.
 */
export async function importSigner(privateJwk: unknown, options: ImportSignerOptions = {}): Promise<Signer> {
  const parsed = parsePrivateJwk(privateJwk)
  const { publicJwk } = parsed
  const algorithms = algorithmsFor(publicJwk)
  const alg = options.alg ?? algorithms.find((algorithm) => algorithm === publicJwk.alg) ?? algorithms[0]
  if (alg === undefined || !algorithms.includes(alg)) {
    throw new TypeError('the key is not for signing with this algorithm')
  }
  const key = await crypto.subtle.importKey('jwk', parsed.privateJwk, parametersOf(alg).key, false, ['sign'])
  return createSigner(options.kid ?? publicJwk.kid ?? jwkThumbprint(publicJwk), alg, publicJwk, key)
}

/**
 * Makes a signer of a function, for keys that are kept elsewhere: a cloud KMS, an HSM, a wallet.
 *
 * @param options - See {@link CallbackSignerOptions}.
 * @returns The signer. It rejects with a `TypeError` when the function gives no signature of the right length.
 * @throws {VerificationError} `COMITY_JWK_INVALID` or `COMITY_JWK_PRIVATE` when `publicJwk` is no public
 *   key.
 * @throws {TypeError} When the key is not for this algorithm, or `kid` is empty.
 */
export function signerFromCallback(options: CallbackSignerOptions): Signer {
  const { kid, alg, sign } = options
  const publicJwk = ensureParsed(options.publicJwk)
  if (!algorithmsFor(publicJwk).includes(alg)) throw new TypeError('options.publicJwk is not for options.alg')
  const { signatureBytes } = parametersOf(alg)
  return sealSigner(kid, alg, publicJwk, async (bytes) => {
    const signature: unknown = await sign(bytes)
    if (!(signature instanceof Uint8Array) || signature.length !== signatureBytes) {
      throw new TypeError(`options.sign must give ${signatureBytes} bytes for ${alg}`)
    }
    return signature
  })
}

/**
 * Gives a signer under another name.
 *
 * @param signer - The signer. It is not changed.
 * @param kid - The other name.
 * @returns A signer with the same key.
 * @throws {TypeError} When `kid` is empty.
 */
export function withKid(signer: Signer, kid: string): Signer {
  return sealSigner(kid, signer.alg, signer.publicJwk, (bytes) => signer.sign(bytes))
}

function createSigner(kid: string, alg: SignatureAlgorithm, publicJwk: PublicJwk, key: CryptoKey): Signer {
  const { signature } = parametersOf(alg)
  return sealSigner(
    kid,
    alg,
    publicJwk,
    async (bytes) => new Uint8Array(await crypto.subtle.sign(signature, key, bytes.slice())),
  )
}

function sealSigner(
  kid: string,
  alg: SignatureAlgorithm,
  publicJwk: PublicJwk,
  sign: (bytes: Uint8Array) => Promise<Uint8Array>,
): Signer {
  if (typeof kid !== 'string' || kid === '') throw new TypeError('kid must be a non-empty string')
  return Object.freeze({ kid, alg, publicJwk, sign })
}
