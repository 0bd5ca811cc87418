import { TrustError } from '../errors/index.ts'

/** The refusal of a claim. */
export function notBelieved(
  reason: string,
  details: Readonly<Record<string, string>>,
  cause?: unknown,
): TrustError {
  return new TrustError('COMITY_TRUST_DOMAIN_NOT_BELIEVED', 'the DID does not speak for this trust domain', {
    spec: 'Comity federation §2',
    details: { reason, ...details },
    ...(cause === undefined ? {} : { cause }),
  })
}
