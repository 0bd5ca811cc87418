import type { JsonObject } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { MODEL_RULES } from './document-rules.ts'
import type { DocumentRule } from './member-rules.ts'
import {
  ENVELOPED_PRESENTATION_RULES,
  PRESENTATION_RULES,
  isEnvelopedPresentation,
} from './presentation-rules.ts'

/**
 * Holds a credential against the data model 2.0, as far as that goes without processing JSON-LD: neither contexts nor
 * schemas nor related resources are fetched, and no proof is verified.
 *
 * What is verified here in an envelope is held to more than that: it has one subject, and no embedded proof.
 *
 * @param document - The credential as it stands in its envelope, from `parseJsonObject`.
 * @returns One `COMITY_CREDENTIAL_MALFORMED` for each rule that it breaks, in the order of the rules; `details.member`
 *   names the member. None where it conforms.
 * @see {@link https://www.w3.org/TR/vc-data-model-2.0/#basic-concepts | VCDM 2.0 §4 and §5}
 */
export function credentialModelFaults(document: JsonObject): readonly VerificationError[] {
  return ruleFaults(MODEL_RULES, document, 'COMITY_CREDENTIAL_MALFORMED')
}

/**
 * Holds a presentation against the data model 2.0, as {@link credentialModelFaults} does with a credential. Enclosed
 * credentials are held against it too, unless they are in an envelope, which stays closed.
 *
 * @param document - A `VerifiablePresentation`, or an `EnvelopedVerifiablePresentation`.
 * @returns One `COMITY_PRESENTATION_MALFORMED` for each rule that it breaks, in the order of the rules.
 * @see {@link https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations | VCDM 2.0 §4.13}
 */
export function presentationModelFaults(document: JsonObject): readonly VerificationError[] {
  const rules = isEnvelopedPresentation(document) ? ENVELOPED_PRESENTATION_RULES : PRESENTATION_RULES
  return ruleFaults(rules, document, 'COMITY_PRESENTATION_MALFORMED')
}

/** One error for each rule that a document breaks, in the order of the rules. */
export function ruleFaults(
  rules: readonly DocumentRule[],
  document: JsonObject,
  code: 'COMITY_CREDENTIAL_MALFORMED' | 'COMITY_PRESENTATION_MALFORMED',
): readonly VerificationError[] {
  const faults: VerificationError[] = []
  for (const { name, spec, broken } of rules) {
    const message = broken(document)
    if (message === undefined) continue
    faults.push(new VerificationError(code, message, { spec, details: { member: name } }))
  }
  return faults
}
