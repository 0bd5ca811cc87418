import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, ClientSurroundings } from './client-session.ts'
import type { Pace } from './pace.ts'
import { between, REVOCATION_MS, type Plan } from './plan.ts'
import type { CallLine, Target } from './record.ts'

/** What an agent's credentials are like: `brief` ones end soon, an `ageing` posture is soon too old for the demand. */
export type Kind = 'lasting' | 'brief' | 'ageing'

/** What an agent lives in. */
export interface LifeOptions {
  readonly surroundings: ClientSurroundings
  readonly plan: Plan
  readonly pace: Pace
  /** Enrolls a new agent. */
  readonly enroll: (kind: Kind) => Promise<Client>
  /** Revokes it. Gives the time of the acknowledgement; undefined where no more may be revoked. */
  readonly revoke: (did: string) => Promise<number | undefined>
}

/** An agent that was revoked. */
export interface Departed {
  readonly agent: string
  /** Its last session, and a new handshake. */
  tryAt(target: Exclude<Target, 'any'>, phase: CallLine['phase']): Promise<void>
}

/** One agent at work, by hand or by the library. */
export interface Worker extends Departed {
  /** Does one thing; connects first where there is no session. */
  act(): Promise<void>
  /** Whether there is a session now. */
  readonly isConnected: () => boolean
  renew(): Promise<void>
  /** Closes the session, and tries whether it is. */
  close(): Promise<void>
  /** Calls both gateways; or does what else may not be had after a revocation. */
  insist(mayVary: boolean): Promise<void>
}

/** Makes one agent after the other, each from its enrolment on. */
export type Hire = () => Promise<Worker>

// A machine that is slow is asked for less: who has waited long rests longer, but not for long where nobody answers.
const REST_SHARE = 3
const MAX_REST_MS = 1000
const CLOSE_SHARE = 0.25
const LEAST_ACTS = 3

/**
 * One agent after the other, each from its enrolment past its revocation, or the end that it gives its session itself.
 * Gives those that were revoked.
 *
 * @param first The first of them, where it is there already. Once it is revoked, it calls to the end and does nothing
 *   else: a renewal would look its status up, and hide that an event was not heard.
 */
export async function liveOn(hire: Hire, options: LifeOptions, first?: Worker): Promise<readonly Departed[]> {
  const { plan, pace, revoke } = options
  const departed: Departed[] = []
  for (let next = first; !pace.isOver(); next = undefined) {
    const worker = next ?? (await hire())
    await work(worker, worker === first, options)
    if (!worker.isConnected()) continue
    if (worker !== first && Math.random() < CLOSE_SHARE) {
      await worker.close()
      continue
    }
    // Refused is then what was revoked, and not what was about to end.
    await worker.renew()
    const acknowledgedAt = await revoke(worker.agent)
    if (acknowledgedAt === undefined) {
      await worker.close()
      continue
    }
    departed.push(worker)
    const lastBound = acknowledgedAt + Math.max(plan.leaseSeconds * 1000, REVOCATION_MS) + 500
    await insist(worker, worker === first ? Infinity : lastBound, worker !== first, options)
  }
  return departed
}

/** Works until its time has come and something was done, or the load is over. */
async function work(worker: Worker, mustConnect: boolean, { plan, pace }: LifeOptions): Promise<void> {
  const end = Date.now() + (mustConnect ? plan.lifeMs[0] : between(plan.lifeMs))
  const isDone = (acts: number): boolean =>
    Date.now() >= end && acts >= LEAST_ACTS && (worker.isConnected() || !mustConnect)
  for (let acts = 0; !isDone(acts) && !pace.isOver(); acts++) {
    await unhurried(() => worker.act(), between(plan.pauseMs))
  }
}

/** After its revocation the agent tries on. */
async function insist(worker: Worker, end: number, mayVary: boolean, { pace }: LifeOptions): Promise<void> {
  while (Date.now() < end && !pace.isOver()) await unhurried(() => worker.insist(mayVary), 200)
}

/** Rests after an act for some time, and for longer than the act took. */
async function unhurried(act: () => Promise<void>, restMs: number): Promise<void> {
  const start = performance.now()
  await act()
  await sleep(Math.max(restMs, Math.min(MAX_REST_MS, REST_SHARE * (performance.now() - start))))
}

/** Whichever the balancer takes, mostly. */
export function anyTarget(): Target {
  const dice = Math.random()
  if (dice < 0.6) return 'any'
  return dice < 0.8 ? 'one' : 'two'
}
