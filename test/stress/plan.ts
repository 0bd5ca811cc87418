/** How a run goes: what is done how often and for how long. Times are milliseconds unless they say otherwise. */
export interface Plan {
  readonly loadMs: number
  /** From the first moment to the last: what a slow machine takes to start is taken from the load. */
  readonly withinMs: number
  /** What of that is for the end, beside the rest. */
  readonly endMs: number
  readonly agents: number
  /** Between two things that an agent does. */
  readonly pauseMs: readonly [number, number]
  /** From an agent's first session to its revocation. */
  readonly lifeMs: readonly [number, number]
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
  /** After the load, until idle connections are gone. */
  readonly restMs: number
  readonly memoryBytes: number
  readonly handles: number
}

const MIB = 1 << 20

/** From an acknowledged revocation to the last call served, while the event stream is up. */
export const REVOCATION_MS = 1000

/** By how much the library lets a token outlive its end: the tolerance between the clocks of its own instances. */
export const TOLERANCE_MS = 5000

/** Five minutes. */
export const FULL: Plan = {
  loadMs: 300_000,
  withinMs: 400_000,
  endMs: 60_000,
  agents: 50,
  pauseMs: [300, 1300],
  lifeMs: [5000, 60_000],
  killEveryMs: 20_000,
  awayMs: [300, 3000],
  calmMs: [2000, 8000],
  cutMs: [100, 4000],
  partitionMs: 15_000,
  heartbeatMs: 1000,
  leaseSeconds: 10,
  tokenSeconds: 60,
  briefSeconds: 20,
  restMs: 7000,
  memoryBytes: 48 * MIB,
  handles: 12,
}

/** Within 45 seconds, its beginning and its end included. */
export const SHORT: Plan = {
  ...FULL,
  loadMs: 26_000,
  withinMs: 44_000,
  endMs: 7000,
  lifeMs: [2000, 12_000],
  killEveryMs: 9000,
  awayMs: [200, 1500],
  calmMs: [1000, 2500],
  cutMs: [100, 1500],
  partitionMs: 7000,
  heartbeatMs: 500,
  leaseSeconds: 5,
  tokenSeconds: 12,
  briefSeconds: 6,
  restMs: 5500,
  memoryBytes: 64 * MIB,
}

/** A number between the two, at random. */
export function between([least, most]: readonly [number, number]): number {
  return least + Math.random() * (most - least)
}
