import type { ComityErrorCode } from '../../../src/errors/index.ts'
import {
  DEVELOPMENT_VERIFICATION_KEY,
  openEscrow,
  parseComplianceProof,
  parseVerificationKey,
  verifyComplianceProof,
  verifyGroth16,
} from '../../../src/zk/index.ts'
import { parseDemand } from '../../../src/demand/index.ts'
import { auditor, caseOf, otherAnchors, queryOf, verificationKey } from '../../zk/support/proofs.ts'

const { text, options, claim } = caseOf('plain')
const { meta } = options.query

/** For each code of the verifying of compliance proofs, a call that fails with exactly that code. */
export const zkProofs = {
  COMITY_ZK_VERIFICATION_KEY_INVALID: () => {
    // Nobody has contributed to such a setup.
    const { vk_gamma_2 } = DEVELOPMENT_VERIFICATION_KEY
    return parseVerificationKey({ ...DEVELOPMENT_VERIFICATION_KEY, vk_delta_2: vk_gamma_2 })
  },
  COMITY_ZK_PROOF_MALFORMED: () => parseComplianceProof('AQ', { domain: false, auditor: false }),
  COMITY_ZK_POINT_INVALID: () =>
    verifyGroth16(verificationKey, { ...claim.proof, a: { x: 0n, y: 0n } }, claim.publicInputs),
  COMITY_ZK_PUBLIC_INPUT_INVALID: () => verifyGroth16(verificationKey, claim.proof, []),
  COMITY_ZK_PROOF_INVALID: () =>
    verifyComplianceProof(text, { ...options, audience: 'did:web:else.example' }),
  COMITY_ZK_ESCROW_MALFORMED: () => openEscrow('AQ', auditor.privateKey),
  COMITY_ZK_AUDITOR_UNKNOWN: () => {
    const { auditor: _, ...without } = caseOf('auditor').options
    return verifyComplianceProof(caseOf('auditor').text, without)
  },
  COMITY_ZK_ANCHORS_TYPE: async () => {
    const anchors = await otherAnchors({ type: 'AgentCapabilityCredential' })
    const query = { ...options.query, meta: { ...meta, anchors: anchors.digest } }
    const demand = parseDemand({ credentials: [query] })
    return verifyComplianceProof(text, { ...options, anchors, demand, query: queryOf(demand) })
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
