import type { Needs } from './tally.ts'

/** How a run goes: what is done how often and for how long. Times are milliseconds unless they say otherwise. */
export interface Plan {
  /** The load goes on for so long at least, and then until everything that is needed was reached, or until its end. */
  readonly leastMs: number
  readonly loadMs: number
  /** From the first moment to the last: what a slow machine takes to start is taken from the load. */
  readonly withinMs: number
  /** What of that is for the end, beside the rest. */
  readonly endMs: number
  readonly agents: number
  /** Between two things that an agent does; longer where the machine takes its time for them. */
  readonly pauseMs: readonly [number, number]
  /** From an agent's first session to its revocation. */
  readonly lifeMs: readonly [number, number]
  /** After so many no agent is revoked any more: each has to be tried at the end. */
  readonly maxRevoked: number
  /** Between a restart of the second gateway and its next end, and how long it stays away. */
  readonly killEveryMs: number
  readonly awayMs: readonly [number, number]
  /** Between two cuts of the event stream; how long most are, and how long those that outlast the lease. */
  readonly calmMs: readonly [number, number]
  readonly cutMs: readonly [number, number]
  readonly partitionMs: number
  readonly heartbeatMs: number
  readonly leaseSeconds: number
  readonly tokenSeconds: number
  /** The posture of one agent in five is good for no longer than this. */
  readonly briefSeconds: number
  /** The posture of some is older than the demand allows after so long: a fresh one has to be shown. */
  readonly staleSeconds: number
  /** After the load, until idle connections are gone. */
  readonly restMs: number
  readonly memoryBytes: number
  readonly handles: number
  /** Without so much of each the verdicts say nothing. */
  readonly needs: Needs & Readonly<Record<`judged by ${string}`, number>>
}

const MIB = 1 << 20

/** From an acknowledged revocation to the last call served, while the event stream is up. */
export const REVOCATION_MS = 1000

/** By how much the library lets a token outlive its end: the tolerance between the clocks of its own instances. */
export const TOLERANCE_MS = 5000

/** One client in so many is an `AgentSession`. */
export const LIBRARY_SHARE = 3

/** Five minutes. */
export const FULL: Plan = {
  leastMs: 300_000,
  loadMs: 300_000,
  withinMs: 400_000,
  endMs: 60_000,
  agents: 50,
  pauseMs: [300, 1300],
  lifeMs: [5000, 60_000],
  maxRevoked: Infinity,
  killEveryMs: 20_000,
  awayMs: [300, 3000],
  calmMs: [2000, 8000],
  cutMs: [100, 4000],
  partitionMs: 15_000,
  heartbeatMs: 1000,
  leaseSeconds: 10,
  tokenSeconds: 60,
  briefSeconds: 20,
  staleSeconds: 15,
  restMs: 7000,
  memoryBytes: 48 * MIB,
  handles: 12,
  needs: {
    'calls served': 2000,
    'calls served to the library': 500,
    'handshakes accepted': 200,
    'sessions renewed': 100,
    'sessions stepped up': 10,
    'sessions closed': 10,
    'agents revoked': 50,
    'copies sent': 200,
    'late calls': 20,
    'gateways restarted': 5,
    'streams cut': 10,
    partitions: 3,
    'judged by revocation': 500,
    'judged by replay': 100,
    'judged by lease': 50,
    'judged by expiry': 50,
    'judged by posture': 10,
    'judged by closed': 20,
  },
}

/** Within 45 seconds, its beginning and its end included. */
export const SHORT: Plan = {
  ...FULL,
  leastMs: 12_000,
  loadMs: 30_000,
  withinMs: 39_500,
  endMs: 5000,
  agents: 14,
  pauseMs: [200, 700],
  lifeMs: [2000, 8000],
  maxRevoked: 30,
  killEveryMs: 3500,
  awayMs: [200, 1000],
  calmMs: [1200, 2500],
  cutMs: [100, 1500],
  partitionMs: 6500,
  heartbeatMs: 500,
  leaseSeconds: 5,
  tokenSeconds: 8,
  briefSeconds: 5,
  staleSeconds: 2,
  restMs: 5500,
  memoryBytes: 64 * MIB,
  needs: {
    'calls served': 60,
    'calls served to the library': 10,
    'handshakes accepted': 15,
    'sessions renewed': 5,
    'sessions stepped up': 1,
    'sessions closed': 1,
    'agents revoked': 5,
    'copies sent': 10,
    'late calls': 2,
    'gateways restarted': 1,
    'streams cut': 1,
    partitions: 1,
    'judged by revocation': 20,
    'judged by replay': 5,
    'judged by lease': 3,
    'judged by expiry': 3,
    'judged by posture': 1,
    'judged by closed': 2,
  },
}

/** A number between the two, at random. */
export function between([least, most]: readonly [number, number]): number {
  return least + Math.random() * (most - least)
}
