import { PolicyError } from '../errors/index.ts'
import type { Cancel, Clock, Timers } from '../runtime/index.ts'
import { leasesOf, type SessionRecord } from '../session/index.ts'

/** What is to be known of a session to keep the streams that it needs. */
export type StreamHolder = Pick<SessionRecord, 'id' | 'expiresAt' | 'organizations' | 'leasedBy'>

/** Which organizations a process of a gateway listens to, for which sessions, and who brought them. */
export interface StreamSlots {
  /**
   * Takes a slot for an organization, for a minute or until sessions hold it. Where all are taken, one that nobody
   * needs any more is given back for it.
   *
   * @param peer Whom it counts for; undefined where it counts for nobody.
   * @throws {PolicyError} `COMITY_EVENT_LIMIT` when the peer has as many as it may, or all are needed.
   */
  take(organization: string, peer: string | undefined): void
  /** Keeps the slots of a session until it ends; those that there are. */
  hold(session: StreamHolder): void
  /** The session has ended. */
  release(session: string): void
  /** Gives a slot back at once, unless a session holds it. */
  giveBack(organization: string): void
  /** Ends all timers. */
  close(): void
}

/** How many slots there are, and what is done when one is given back. */
export interface StreamSlotsOptions {
  /** Slots in all. */
  readonly maxStreams: number
  /** Slots that count for one peer. */
  readonly maxStreamsPerPeer: number
  readonly clock: Clock
  readonly timers: Timers
  /** Nobody needs the organization's stream any more. */
  readonly onGivenBack: (organization: string) => void
}

interface Slot {
  readonly sessions: Set<string>
  readonly peers: Set<string>
  /** Seconds since the epoch: the latest end of its sessions. */
  until: number
  cancel: Cancel
}

/** How long a stream is kept for the next session, in milliseconds. */
const LINGER_MS = 60_000
const MAX_TIMER_MS = 86_400_000

/**
 * Whom the streams of an agent's controllers count for: those who vouch for the agent, all of them together. An agent
 * may name as many controllers as it likes; who is trusted to issue credentials is for the gateway to say.
 */
export function peerOf(issuers: readonly string[]): string {
  return [...new Set(issuers)].sort().join(' ')
}

/** Makes the slots of a process. */
export function createStreamSlots(options: StreamSlotsOptions): StreamSlots {
  const state: State = { ...options, slots: new Map(), held: new Map(), taken: new Map() }
  return {
    take: (organization, peer) => {
      take(organization, peer, state)
    },
    hold: (session) => {
      hold(session, state)
    },
    release: (session) => {
      release(session, state)
    },
    giveBack: (organization) => {
      const slot = state.slots.get(organization)
      if (slot?.sessions.size === 0) drop(organization, slot, state)
    },
    close: () => {
      for (const { cancel } of state.slots.values()) cancel()
    },
  }
}

interface State extends StreamSlotsOptions {
  readonly slots: Map<string, Slot>
  /** By session. */
  readonly held: Map<string, { readonly expiresAt: number; readonly organizations: Set<string> }>
  /** How many slots count for a peer. */
  readonly taken: Map<string, number>
}

function take(organization: string, peer: string | undefined, state: State): void {
  const { slots, taken, maxStreamsPerPeer } = state
  const isCounted = peer !== undefined && slots.get(organization)?.peers.has(peer) !== true
  if (isCounted && (taken.get(peer) ?? 0) >= maxStreamsPerPeer) throw limit({ maxStreamsPerPeer })
  if (!slots.has(organization)) makeRoom(state)
  const slot = slots.get(organization) ?? emptySlot()
  slots.set(organization, slot)
  if (isCounted) {
    slot.peers.add(peer)
    count(peer, 1, state)
  }
  if (slot.sessions.size === 0) wait(organization, slot, state)
}

function hold(session: StreamHolder, state: State): void {
  const { id, expiresAt } = session
  const organizations = state.held.get(id)?.organizations ?? new Set()
  for (const organization of leasesOf(session)) {
    const slot = organizations.has(organization) ? undefined : state.slots.get(organization)
    if (slot === undefined) continue
    state.held.set(id, { expiresAt, organizations: organizations.add(organization) })
    slot.until = Math.max(slot.until, expiresAt)
    if (slot.sessions.add(id).size === 1) wait(organization, slot, state)
  }
}

function release(session: string, state: State): void {
  const { organizations = [] } = state.held.get(session) ?? {}
  state.held.delete(session)
  for (const organization of organizations) {
    const slot = state.slots.get(organization)
    if (slot?.sessions.delete(session) === true && slot.sessions.size === 0) wait(organization, slot, state)
  }
}

/** Waits for the next session where there is none, else for the last one to expire. */
function wait(organization: string, slot: Slot, state: State): void {
  slot.cancel()
  const isIdle = slot.sessions.size === 0
  // A second later: by then they have expired by every clock that there is.
  const ms = isIdle ? LINGER_MS : Math.max(0, (slot.until - state.clock.now()) * 1000) + 1000
  slot.cancel = state.timers.after(Math.min(ms, MAX_TIMER_MS), () => {
    if (isIdle) drop(organization, slot, state)
    else forgetExpired(organization, slot, state)
  })
}

function forgetExpired(organization: string, slot: Slot, state: State): void {
  const now = state.clock.now()
  for (const id of slot.sessions) if ((state.held.get(id)?.expiresAt ?? 0) <= now) release(id, state)
  if (slot.sessions.size > 0) wait(organization, slot, state)
}

function makeRoom(state: State): void {
  const { slots, maxStreams } = state
  if (slots.size < maxStreams) return
  const idle = [...slots].find(([, { sessions }]) => sessions.size === 0)
  if (idle === undefined) throw limit({ maxStreams })
  drop(...idle, state)
}

function drop(organization: string, slot: Slot, state: State): void {
  slot.cancel()
  state.slots.delete(organization)
  for (const peer of slot.peers) count(peer, -1, state)
  state.onGivenBack(organization)
}

function count(peer: string, change: 1 | -1, { taken }: State): void {
  const next = (taken.get(peer) ?? 0) + change
  if (next === 0) taken.delete(peer)
  else taken.set(peer, next)
}

function emptySlot(): Slot {
  return { sessions: new Set(), peers: new Set(), until: 0, cancel: () => undefined }
}

function limit(details: Readonly<Record<string, number>>): PolicyError {
  return new PolicyError('COMITY_EVENT_LIMIT', 'too many organizations are listened to', { details })
}
