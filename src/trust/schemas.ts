import type { JsonObject } from '../encoding/index.ts'
import { accreditationSchema } from './schemas/accreditation.ts'
import { trustListSchema } from './schemas/trust-list.ts'

/**
 * The JSON Schema (draft 2020-12) of each type of credential that trust is made of, about the whole credential.
 *
 * What a verifier checks is more than they can say: that a list names each issuer once and not its owner, that nobody
 * accredits itself, validity periods, and which types nobody can be believed.
 */
export const trustSchemas: {
  readonly TrustListCredential: JsonObject
  readonly AccreditationCredential: JsonObject
} = Object.freeze({
  TrustListCredential: trustListSchema,
  AccreditationCredential: accreditationSchema,
})
