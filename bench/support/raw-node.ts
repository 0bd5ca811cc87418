import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  sign,
  verify,
  type JsonWebKey,
} from 'node:crypto'
import { toBytes, toText, type RawCrypto, type RawPublicJwk, type RawSigner } from './raw-crypto.ts'

const encode = (value: object): string => toText(Buffer.from(JSON.stringify(value)))

/** The operations by node:crypto, all of them synchronous: what Node can do at best. */
export const nodeCrypto: RawCrypto = {
  async startAgreement() {
    const { privateKey, publicKey } = generateKeyPairSync('x25519')
    return {
      share: toBytes(publicKey.export({ format: 'jwk' }).x ?? ''),
      async agree(share) {
        const jwk: JsonWebKey = { kty: 'OKP', crv: 'X25519', x: toText(share) }
        return diffieHellman({ privateKey, publicKey: createPublicKey({ format: 'jwk', key: jwk }) })
      },
    }
  },
  async deriveKeys(secret, salt, infos) {
    return infos.map((info) => new Uint8Array(hkdfSync('sha256', secret, salt, info, 32)))
  },
  async hash(bytes) {
    return createHash('sha256').update(bytes).digest()
  },
  async generateSigner(): Promise<RawSigner> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const { x = '' } = publicKey.export({ format: 'jwk' })
    return {
      publicJwk: { kty: 'OKP', crv: 'Ed25519', x },
      async sign(payload, header) {
        const input = `${encode({ ...header, alg: 'Ed25519' })}.${toText(payload)}`
        return `${input}.${toText(sign(undefined, Buffer.from(input), privateKey))}`
      },
    }
  },
  async importVerifier(jwk: RawPublicJwk) {
    const key = createPublicKey({ format: 'jwk', key: { ...jwk } })
    return async (jws) => {
      const [header = '', payload = '', signature = ''] = jws.split('.')
      const verifies = verify(undefined, Buffer.from(`${header}.${payload}`), key, toBytes(signature))
      if (!verifies) throw new Error('the signature does not verify')
      return toBytes(payload)
    }
  },
  async seal(key, content, header) {
    const [iv, encoded] = [randomBytes(12), encode({ ...header, alg: 'dir', enc: 'A256GCM' })]
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(encoded))
    const sealed = Buffer.concat([cipher.update(content), cipher.final()])
    return [encoded, '', toText(iv), toText(sealed), toText(cipher.getAuthTag())].join('.')
  },
  async open(key, box) {
    const [header = '', , iv = '', sealed = '', tag = ''] = box.split('.')
    const cipher = createDecipheriv('aes-256-gcm', key, toBytes(iv)).setAAD(Buffer.from(header))
    cipher.setAuthTag(toBytes(tag))
    return Buffer.concat([cipher.update(toBytes(sealed)), cipher.final()])
  },
}
