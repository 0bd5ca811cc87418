import { CompactEncrypt, compactDecrypt, CompactSign, compactVerify, importJWK } from 'jose'
import type { RawAgreement, RawCrypto, RawPublicJwk, RawSigner } from './raw-crypto.ts'

const { subtle } = globalThis.crypto

/** The operations by jose and Web Crypto, as an application would call them. */
export const joseCrypto: RawCrypto = {
  async startAgreement(): Promise<RawAgreement> {
    const { privateKey, publicKey } = await subtle.generateKey({ name: 'X25519' }, false, ['deriveBits'])
    return {
      share: new Uint8Array(await subtle.exportKey('raw', publicKey)),
      async agree(share) {
        const peer = await subtle.importKey('raw', new Uint8Array(share), { name: 'X25519' }, false, [])
        return new Uint8Array(await subtle.deriveBits({ name: 'X25519', public: peer }, privateKey, 256))
      },
    }
  },
  async deriveKeys(secret, salt, infos) {
    const key = await subtle.importKey('raw', new Uint8Array(secret), 'HKDF', false, ['deriveBits'])
    const keys: Uint8Array[] = []
    for (const info of infos) {
      const parameters = {
        name: 'HKDF',
        hash: 'SHA-256',
        salt: new Uint8Array(salt),
        info: new Uint8Array(info),
      }
      keys.push(new Uint8Array(await subtle.deriveBits(parameters, key, 256)))
    }
    return keys
  },
  async hash(bytes) {
    return new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
  },
  async generateSigner(): Promise<RawSigner> {
    const pair = await subtle.generateKey('Ed25519', false, ['sign', 'verify'])
    const { kty = '', crv = '', x = '' } = await subtle.exportKey('jwk', pair.publicKey)
    return {
      publicJwk: { kty, crv, x },
      sign: (payload, header) =>
        new CompactSign(payload).setProtectedHeader({ ...header, alg: 'Ed25519' }).sign(pair.privateKey),
    }
  },
  async importVerifier(jwk: RawPublicJwk) {
    const key = await importJWK({ ...jwk }, 'Ed25519')
    return async (jws) => (await compactVerify(jws, key, { algorithms: ['Ed25519'] })).payload
  },
  seal: (key, content, header) =>
    new CompactEncrypt(content).setProtectedHeader({ ...header, alg: 'dir', enc: 'A256GCM' }).encrypt(key),
  async open(key, box) {
    const { plaintext } = await compactDecrypt(box, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    return plaintext
  },
}
