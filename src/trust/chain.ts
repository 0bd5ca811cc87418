import type { IssuerQuestion } from '../credentials/index.ts'
import type { ComityErrorCode } from '../errors/index.ts'
import { MAX_HOPS, type Accreditation } from './accreditation-document.ts'
import { uncovered, type Refusal } from './reason.ts'
import type { Coverage } from './shape.ts'

/** A body whose accreditations count. */
export interface Accreditor extends Coverage {
  /** The body's DID, compared as an exact string. Its own attestations count for nothing by this. */
  readonly did: string
  /** The most accreditations from the body down to an issuer, 1 to 3. Defaults to 3; 1 is the body's own only. */
  readonly maxDepth?: number
}

/** One accreditation of a chain, and the token that it was read from. */
export interface Hop {
  readonly token: string
  readonly accreditation: Accreditation
}

/** Where a search stands: who has to be accredited, and what hangs below, the highest first. */
export interface Branch {
  readonly issuer: string
  readonly below: readonly Hop[]
}

/**
 * Why an accreditation cannot be the next one up, whoever signed it.
 *
 * What counts for an issuer is what all accreditations above it have in common: one that names more than the body
 * itself was given adds nothing.
 *
 * @returns Undefined where it can.
 */
export function misfit(
  accreditation: Accreditation,
  { issuer, below }: Branch,
  question: IssuerQuestion,
  accreditors: readonly Accreditor[],
): Refusal | ComityErrorCode | undefined {
  const { body, depth } = accreditation
  if (accreditation.issuer !== issuer) return 'COMITY_CREDENTIAL_HOLDER'
  const why = uncovered(accreditation, question)
  if (why !== undefined) return why
  if (below.some((hop) => hop.accreditation.issuer === body)) return 'cycle'
  if (depth < below.length) return depth === 0 ? 'may-not-accredit' : 'too-deep'
  const hops = below.length + 1
  return hops < MAX_HOPS || isAccepted(body, hops, question, accreditors) ? undefined : 'too-deep'
}

/** Says whether a body is one that the verifier accepts, for this question and so many accreditations below it. */
export function isAccepted(
  body: string,
  hops: number,
  question: IssuerQuestion,
  accreditors: readonly Accreditor[],
): boolean {
  return accreditors.some((accreditor) => {
    const { did, maxDepth = MAX_HOPS } = accreditor
    return did === body && hops <= maxDepth && uncovered(accreditor, question) === undefined
  })
}

/** The DIDs of a chain, from the accepted body down to the issuer, parted by commas. */
export function renderChain(chain: readonly Hop[]): string {
  const [top] = chain
  const issuers = chain.map(({ accreditation }) => accreditation.issuer)
  return [...(top === undefined ? [] : [top.accreditation.body]), ...issuers].join(',')
}
