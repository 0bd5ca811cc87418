import { ComityError, NetworkError, PolicyError, TrustError, VerificationError } from '../errors/index.ts'
import { createFetchBudget } from '../net/index.ts'
import { findTrustDomainClaim } from './claim.ts'
import { believedNow, drop, hold } from './hold.ts'
import { isOver, type Context, type Holding } from './holdings.ts'
import { describeError } from './log.ts'

/** What asking again about one trust domain may cost. No peer pays for it. */
const BUDGET = { requests: 16, bytes: 4 * 1024 * 1024, timeoutMs: 15_000 } as const

/** Seconds for which a trust domain stays trusted while nobody can be asked whether it still is. */
const MAX_UNCONFIRMED_SECONDS = 86_400

/** What ends a trust domain when its organization is asked again. Everything else may be different in an hour. */
const LASTING: readonly string[] = [
  'COMITY_DID_NOT_FOUND',
  'COMITY_DID_SERVICE_UNKNOWN',
  'COMITY_TRUST_DOMAIN_NOT_BELIEVED',
]

/**
 * Asks about everything that is held, one after the other, whether it is still claimed and still believed, and ends what
 * is not: by its holder's DID document as it is now, and by the credential that attests it, its status too.
 */
export async function confirmAll(context: Context): Promise<void> {
  for (const holding of [...context.holdings.values()]) {
    const reason = await reasonToEnd(context, holding)
    if (reason === undefined) continue
    await context.exclusive(async () => {
      const current = context.holdings.get(holding.claim.trustDomain.name)
      if (current?.organization === holding.organization) await drop(context, current, reason)
    })
  }
}

async function reasonToEnd(context: Context, holding: Holding): Promise<string | undefined> {
  const { clock } = context.tools
  if (isOver(holding, clock)) return 'COMITY_CREDENTIAL_EXPIRED'
  try {
    // Another process that shares the store may have ended it.
    if (!(await context.records.has(holding))) return 'forgotten'
    await confirmOne(context, holding)
    return undefined
  } catch (error) {
    const { organization, claim } = holding
    const { name } = claim.trustDomain
    context.log({
      level: 'warn',
      event: 'trust-domain.unconfirmed',
      trustDomain: name,
      organization,
      ...describeError(error),
    })
    if (error instanceof ComityError && isLasting(error)) return error.code
    return clock.now() - holding.confirmedAt > MAX_UNCONFIRMED_SECONDS ? 'unconfirmed' : undefined
  }
}

async function confirmOne(context: Context, holding: Holding): Promise<void> {
  const { organization, belief } = holding
  const { resolver, clock } = context.tools
  const budget = createFetchBudget({ ...BUDGET, clock })
  const document = await resolver.resolveDocument(organization, { budget, fresh: true })
  const claim = findTrustDomainClaim(document)
  if (claim === undefined) throw new TrustError('COMITY_DID_SERVICE_UNKNOWN', 'the claim is gone')
  const credentials = belief.because === 'attested' ? [belief.token] : []
  const question = { organization, claim, credentials, now: clock.now(), budget }
  await hold(context, believedNow(context, organization, claim, await context.rule.judge(question)), {
    budget,
  })
}

/** What a bundle endpoint answers says nothing about whose trust domain it is. */
function isLasting(error: ComityError): boolean {
  const { cause, code } = error
  // A claim that could not be judged, because a credential or its status could not be had.
  if (code === 'COMITY_TRUST_DOMAIN_NOT_BELIEVED' && isUnavailable(cause)) return false
  if (code.startsWith('COMITY_BUNDLE_')) return false
  return error instanceof VerificationError || error instanceof PolicyError || LASTING.includes(code)
}

function isUnavailable(cause: unknown): boolean {
  if (cause instanceof NetworkError) return true
  return (
    cause instanceof TrustError &&
    (cause.code.endsWith('_UNAVAILABLE') || cause.code.endsWith('_UNRESOLVABLE'))
  )
}
