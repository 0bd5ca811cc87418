import type { SessionCredential } from '../../session/index.ts'
import type { StepResult } from './report.ts'

/** The claims that Globex asks for. */
const ASKED = ['autonomyLevel', 'oversight']

/** What an SD-JWT VC says about itself, which its holder cannot keep back. */
const ABOUT_ITSELF = ['cnf', 'exp', 'iss', 'nbf', 'status', 'sub', 'vct']

/**
 * Judges what Globex saw of an agent's scope: it is to be an SD-JWT VC, with the claims that were asked for and no other.
 *
 * @param credentials What the agent's session rests on, as Globex verified it.
 * @param held The names of all claims that Acme attests of the agent's scope.
 */
export function judgeScopeShown(
  credentials: readonly Pick<SessionCredential, 'type' | 'claimNames'>[],
  held: readonly string[],
): StepResult {
  const [scope, ...more] = credentials.filter(({ type }) => type === 'AgentScopeCredential')
  if (scope === undefined) return { ok: false, detail: { 'Globex saw': 'no scope' } }
  if (scope.claimNames === undefined)
    return { ok: false, detail: { 'Globex saw': 'all of it, no dc+sd-jwt' } }
  // An SD-JWT has its claims in random order, so that the order says nothing about those that are kept back.
  const seen = scope.claimNames.filter((name) => !ABOUT_ITSELF.includes(name)).sort()
  const keptBack = held.filter((name) => !seen.includes(name))
  return {
    ok: more.length === 0 && keptBack.length > 0 && seen.join() === ASKED.join(),
    detail: { 'Globex saw': seen.join(', '), 'kept back': keptBack.join(', ') },
  }
}
