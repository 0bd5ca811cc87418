import { systemClock } from '../../runtime/index.ts'
import type { Cast } from './cast.ts'
import type { AgentCommitment } from './roles/acme.ts'
import type { DemoReport, StepResult } from './report.ts'
import { provenVisit } from './proven-visit.ts'
import { agentClaims } from './roles/agent-claims.ts'
import { judgeScopeShown } from './scope-shown.ts'
import { whoDidWhat } from './who-did-what.ts'

const LOG_WAIT_MS = 5000
const CALL = { method: 'GET', path: '/invoices/2026-10' } as const

/** The demo's steps, in their order. Each is run, also when one before it went wrong. */
export async function runSteps(cast: Cast, report: DemoReport): Promise<boolean> {
  const results = [
    await report.run('publish DIDs over HTTPS', () => publish(cast)),
    await report.run('issue credentials', () => issue(cast)),
    await report.run('handshake with mutual demands', () => handshake(cast)),
    ...(cast.spire === undefined
      ? []
      : [await report.run("the agent shows SPIRE's SVID", () => svidShown(cast))]),
    await report.run('only two claims of the scope are shown', () => scopeShown(cast)),
    await report.run('allowed call', () => allowedCall(cast)),
    ...(cast.artifacts === undefined
      ? []
      : [await report.run('an agent proves what it is and shows nothing', () => provenVisit(cast))]),
    await report.run('call outside the grant is refused', () => outsideGrant(cast)),
    await report.run('stale posture is refused in the handshake', () => stalePosture(cast)),
    await report.run('stolen token with another key is refused', () => stolenToken(cast)),
    await report.run('replayed request is refused', () => replay(cast)),
    await report.run('relayed handshake is refused', () => relayed(cast)),
    await report.run('revocation ends the open session', () => revocation(cast)),
    ...(cast.artifacts === undefined
      ? []
      : [await report.run('and the session of whom nobody knows', () => provenSessionEnds(cast))]),
    await report.run('who did what for whom', () => account(cast)),
  ]
  return results.every(Boolean)
}

async function publish({
  acme,
  globex,
  mallory,
  invoices,
  reports,
  origins,
  dids,
  spire,
}: Cast): Promise<StepResult> {
  const trustDomain = spire === undefined ? undefined : await acme.call('useSpire', spire)
  if (spire !== undefined && trustDomain !== undefined) {
    await Promise.all([invoices, reports].map((agent) => agent.call('useSpire', spire)))
    await globex.call('askForSvids', trustDomain)
  }
  await Promise.all([acme, globex, mallory].map((role) => role.call('configure', origins)))
  await acme.call('publishAgent', { agent: 'invoices', jwk: await invoices.call('createKey') })
  await acme.call('publishAgent', { agent: 'reports', jwk: await reports.call('createKey') })
  const known = trustDomain === undefined ? {} : { "Acme's trust domain, from SPIRE": trustDomain }
  return { ok: true, detail: { ...dids, ...known } }
}

async function issue({ acme, invoices, reports, origins, ca, dids }: Cast): Promise<StepResult> {
  const commit = async (): Promise<AgentCommitment> =>
    invoices.call('commit', { issuer: dids.acme, nonce: await acme.call('complianceNonce') })
  const commitments = [await commit(), await commit()]
  const fresh = await acme.call('issue', { agent: 'invoices', postureAge: 600, commitments })
  const stale = await acme.call('issue', { agent: 'reports', postureAge: 3 * 86_400 })
  await invoices.call('configure', { origins, ca, agent: 'invoices', credentials: fresh })
  await reports.call('configure', { origins, ca, agent: 'reports', credentials: stale })
  const detail = {
    invoices: 'capability, provenance, posture as vc+jwt; scope as dc+sd-jwt',
    'and for proofs': 'capability, posture',
    reports: 'the first four, posture of three days ago',
  }
  const ok = fresh.tokens.length === 4 && fresh.compliance.length === 2 && stale.tokens.length === 4
  return { ok, detail }
}

async function handshake({ invoices }: Cast): Promise<StepResult> {
  const { id, shown } = await invoices.call('connect', { to: 'gateway' })
  return {
    ok: shown.includes('AgentProvenanceCredential'),
    detail: {
      session: id,
      'Globex asked for': 'capability, provenance, two claims of the scope, posture within 24 h',
      'Acme asked for': 'provenance',
    },
  }
}

async function svidShown({ globex, invoices, dids }: Cast): Promise<StepResult> {
  const ids = await globex.call('spiffeIdsOf', { agent: dids.invoices })
  return {
    ok: ids.length === 1 && ids[0] === (await invoices.call('spiffeId')),
    detail: { 'Globex saw': ids.join(', '), 'which it learned of': "from Acme's DID, at first contact" },
  }
}

async function scopeShown({ globex, dids }: Cast): Promise<StepResult> {
  const credentials = await globex.call('evidenceOf', { agent: dids.invoices })
  return judgeScopeShown(credentials, Object.keys(agentClaims(dids.acme, 0).scope))
}

async function allowedCall({ invoices }: Cast): Promise<StepResult> {
  const list = await invoices.call('call', CALL)
  const match = await invoices.call('call', { method: 'POST', path: '/invoices/INV-2026-10488/match' })
  return {
    ok: list.status === 200 && match.status === 200,
    detail: { 'GET /invoices/2026-10': list.body, 'POST /invoices/INV-2026-10488/match': match.body },
  }
}

async function outsideGrant({ invoices, globexLogged }: Cast): Promise<StepResult> {
  const { status, body } = await invoices.call('call', {
    method: 'POST',
    path: '/invoices/INV-2026-10488/approve',
  })
  const { code } = await globexLogged('request.refused', LOG_WAIT_MS)
  return {
    ok: status === 403 && code === 'COMITY_REQUEST_NOT_GRANTED',
    detail: { wire: body, "Globex's log": code },
  }
}

async function stalePosture({ reports, globexLogged }: Cast): Promise<StepResult> {
  const wire = await refusal(reports.call('connect', { to: 'gateway' }))
  const { code, details } = await globexLogged('handshake.refused', LOG_WAIT_MS)
  return {
    ok: wire.code === 'COMITY_PEER_REJECTED' && wire.reason === 'evidence' && code === 'COMITY_POSTURE_STALE',
    detail: { wire: wire.reason, "Globex's log": { code, details } },
  }
}

async function stolenToken({ invoices, mallory, globexLogged }: Cast): Promise<StepResult> {
  await invoices.call('call', CALL)
  const status = await mallory.call('useStolenToken', await invoices.call('lastRequest'))
  const { code } = await globexLogged('request.refused', LOG_WAIT_MS)
  return {
    ok: status === 401 && code === 'COMITY_DPOP_KEY_MISMATCH',
    detail: { wire: status, "Globex's log": code },
  }
}

async function replay({ invoices, mallory, globexLogged }: Cast): Promise<StepResult> {
  const { status: first } = await invoices.call('call', CALL)
  const status = await mallory.call('replay', await invoices.call('lastRequest'))
  const { code } = await globexLogged('request.refused', LOG_WAIT_MS)
  return {
    ok: first === 200 && status === 401 && code === 'COMITY_DPOP_REPLAYED',
    detail: { wire: status, "Globex's log": code },
  }
}

async function relayed({ invoices, globexLogged }: Cast): Promise<StepResult> {
  const wire = await refusal(invoices.call('connect', { to: 'mallory' }))
  const { code } = await globexLogged('handshake.refused', LOG_WAIT_MS)
  return {
    ok: wire.code === 'COMITY_PEER_REFUSED' && code === 'COMITY_HANDSHAKE_FOREIGN_TO',
    detail: { wire: wire.reason, "Globex's log": code },
  }
}

async function revocation({ acme, invoices, globexLogged }: Cast): Promise<StepResult> {
  const refused = invoices.call('callUntilRefused', { path: CALL.path, withinMs: 10_000 })
  refused.catch(() => undefined) // it may fail before it is waited for
  await invoices.call('lastRequest') // the calls are under way
  const revokedAt = systemClock.now() * 1000
  await acme.call('revoke', { agent: 'invoices' })
  const ms = (await refused) - revokedAt
  const { code } = await globexLogged('request.refused', LOG_WAIT_MS)
  return { ok: ms < 1000 && code === 'COMITY_SESSION_ENDED', ms, detail: { "Globex's log": code } }
}

/** It is the same agent, which Globex cannot know: the revocation renews its anchors, and ends all sessions on old ones. */
async function provenSessionEnds({ invoices, globex }: Cast): Promise<StepResult> {
  const served = await invoices.call('callProvenUntilRefused', { path: CALL.path, withinMs: 10_000 })
  const { sessions } = await globex.call('provenSessions')
  const left = sessions.filter(({ state }) => state === 'active')
  return { ok: left.length === 0, detail: { 'ended too': 'its issuer has taken something back', served } }
}

async function account({ globex }: Cast): Promise<StepResult> {
  const lines = whoDidWhat(await globex.call('audit'))
  return { ok: lines.length > 0, detail: { 'from the audit records of Globex': lines.join('\n') } }
}

/** What the one who was refused has learned: its own code, and the coarse reason that was on the wire. */
async function refusal(attempt: Promise<unknown>): Promise<{ code?: string; reason?: string }> {
  try {
    await attempt
    return {}
  } catch (error) {
    const { code, details } = error as { code?: string; details?: { reason?: string } }
    return {
      ...(code === undefined ? {} : { code }),
      ...(details?.reason === undefined ? {} : { reason: details.reason }),
    }
  }
}
