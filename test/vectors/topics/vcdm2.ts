import {
  credentialModelFaults,
  parseCredential,
  presentationModelFaults,
} from '../../../src/credentials/index.ts'
import { parseJsonObject, type JsonObject } from '../../../src/encoding/index.ts'
import { generateSigner, withKid } from '../../../src/keys/index.ts'
import { signDocument } from '../../credentials/world.ts'
import { attempt, fail, judgeCall, type Driver, type VectorCase, type Verdict } from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** The data model of credentials and presentations. */
export const vcdm2: Driver = byShape({
  'test-suite-inputs': { has: ['kind', 'document'], judge: judgeDocument },
})

async function judgeDocument(entry: VectorCase): Promise<Verdict> {
  const text = JSON.stringify(entry['document'])
    .replaceAll('PAST DATE', '2020-01-01T00:00:00Z')
    .replaceAll('FUTURE DATE', '2040-01-01T00:00:00Z')
  const document = parseJsonObject(text)
  const isCredential = entry['kind'] === 'credential'
  const verdict = await judgeCall(entry, () => {
    const faults = isCredential ? credentialModelFaults(document) : presentationModelFaults(document)
    for (const fault of faults) throw fault
  })
  if (verdict.outcome === 'fail') {
    const isForJsonLd = entry['needsJsonLd'] === true && entry.expected.result === 'invalid'
    return isForJsonLd ? { outcome: 'skip', rule: 'json-ld' } : verdict
  }
  return isCredential ? judgeAsToken(document, verdict) : verdict
}

/** A token must carry what the model allows: all of it, but for several subjects and embedded proofs. */
async function judgeAsToken(document: JsonObject, verdict: Verdict): Promise<Verdict> {
  const accepted = credentialModelFaults(document).length === 0
  const isOurs = !Array.isArray(document['credentialSubject']) && document['proof'] === undefined
  const signer = withKid(await generateSigner({ alg: 'Ed25519' }), `${issuerOf(document)}#key-1`)
  const token = await signDocument(signer, document)
  const parsed = 'value' in (await attempt(() => parseCredential(token)))
  if (parsed && !accepted) return fail('breaks the data model, and was accepted as vc+jwt')
  if (!parsed && accepted && isOurs) return fail('conforms to the data model, and was refused as vc+jwt')
  return verdict
}

function issuerOf({ issuer }: JsonObject): string {
  const name = typeof issuer === 'string' ? issuer : (issuer as { id?: unknown } | null | undefined)?.id
  return typeof name === 'string' ? name : 'did:example:issuer'
}
