import { PolicyError } from '../errors/index.ts'
import type { IssuerContext } from './context.ts'
import { reinstate, revoke, suspend } from './take-back.ts'
import type { Undertaking } from './unfinished.ts'

/** See `Issuer.recover`. */
export async function recover(context: IssuerContext): Promise<number> {
  let count = 0
  for (;;) {
    const undertakings = await context.unfinished.some()
    if (undertakings.length === 0) return count
    for (const undertaking of undertakings) {
      await repeat(context, undertaking)
      // What is done by now was struck out by the act itself, or had nothing left to do.
      await context.unfinished.finish(undertaking)
      count++
    }
  }
}

async function repeat(context: IssuerContext, { act, target, reason }: Undertaking): Promise<void> {
  try {
    if (act === 'revoke-agent') await revoke(context, { agent: target }, { reason })
    else if (act === 'revoke') await revoke(context, { credential: target }, { reason })
    else await (act === 'suspend' ? suspend : reinstate)(context, target, { reason })
  } catch (error) {
    // A credential that is long over needs no revocation any more.
    if (!(error instanceof PolicyError) || error.code !== 'COMITY_ISSUER_CREDENTIAL_UNKNOWN') throw error
  }
}
