import { decodeMultibase, decodeMulticodec } from '../../../src/encoding/index.ts'
import type { PublicJwk } from '../../../src/keys/index.ts'
import {
  difference,
  judgeCall,
  judgeForeign,
  type Driver,
  type VectorCase,
  type Verdict,
} from '../verdict.ts'
import { byShape } from './by-shape.ts'
import { isOurCurve, keyMaterial, resolveOffline, wrongRelationship } from './resolve-did.ts'

/** Resolving did:key. */
export const didKey: Driver = byShape({
  resolve: { has: ['did'], judge: judgeResolution },
})

async function judgeResolution(entry: VectorCase): Promise<Verdict> {
  const did = String(entry['did'])
  const { curve, publicKeyJwk, keyAgreementFragment, relationships, result } = entry.expected
  const { publicKeyHex, multicodec } = entry.expected
  const resolve = (): ReturnType<typeof resolveOffline> => resolveOffline(did)
  if (result === 'valid' && !isOurCurve(curve)) return judgeForeign('key-other', entry, resolve)
  return judgeCall(entry, resolve, (document) => {
    const [method] = document.verificationMethod
    const agreement =
      typeof keyAgreementFragment === 'string' ? [absolute(keyAgreementFragment, did)] : undefined
    return (
      difference('the key', keyMaterial(method?.publicKey), keyMaterial(publicKeyJwk as PublicJwk)) ??
      difference('its bytes', hexOf(method?.publicKey), publicKeyHex) ??
      difference(
        'its code',
        decodeMulticodec(decodeMultibase(did.slice('did:key:'.length))).code,
        multicodec,
      ) ??
      wrongRelationship(document, relationships) ??
      (agreement && difference('the key agreement', document.keyAgreement, agreement))
    )
  })
}

function absolute(fragment: string, did: string): string {
  return fragment.includes('#') ? fragment : `${did}#${fragment}`
}

/** A key as did:key has it: the bytes of an OKP key, the compressed point of another. */
function hexOf(jwk: PublicJwk | undefined): string {
  const hex = (text = ''): string => Buffer.from(text, 'base64url').toString('hex')
  if (jwk?.y === undefined) return hex(jwk?.x)
  const isOdd = parseInt(hex(jwk.y).slice(-1), 16) % 2 === 1
  return `${isOdd ? '03' : '02'}${hex(jwk.x)}`
}
