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

/** Resolving did:jwk. */
export const didJwk: Driver = byShape({
  resolve: { has: ['did'], judge: judgeResolution },
})

interface Document {
  readonly verificationMethod: readonly { readonly id: string; readonly publicKeyJwk: PublicJwk }[]
  readonly [member: string]: unknown
}

const RELATIONSHIPS = [
  'authentication',
  'assertionMethod',
  'keyAgreement',
  'capabilityInvocation',
  'capabilityDelegation',
]

async function judgeResolution(entry: VectorCase): Promise<Verdict> {
  const did = String(entry['did'])
  const { result, relationships, verificationMethodFragment } = entry.expected
  const expected = entry.expected['didDocument'] as Document | undefined
  const resolve = (): ReturnType<typeof resolveOffline> => resolveOffline(did)
  if (result === 'valid' && !isOurCurve(curveOf(did))) return judgeForeign('key-other', entry, resolve)
  return judgeCall(entry, resolve, (document) => {
    const [method] = document.verificationMethod
    const [wanted] = expected?.verificationMethod ?? []
    const fragment = typeof verificationMethodFragment === 'string' ? verificationMethodFragment : '0'
    return (
      difference('the method', method?.id, `${did}#${fragment}`) ??
      (wanted && difference('the key', keyMaterial(method?.publicKey), keyMaterial(wanted.publicKeyJwk))) ??
      wrongRelationship(document, relationships ?? relationshipsOf(expected))
    )
  })
}

/** Which relationships a document of the vectors has. */
function relationshipsOf(document: Document | undefined): unknown {
  if (document === undefined) return undefined
  return Object.fromEntries(RELATIONSHIPS.map((name) => [name, document[name] !== undefined]))
}

function curveOf(did: string): unknown {
  const text = Buffer.from(did.split(':')[2] ?? '', 'base64url').toString()
  return (JSON.parse(text) as { readonly crv?: unknown }).crv
}
