/**
 * What the clients of a stress run write down, one JSON object a line: what was sent, acknowledged and refused, when,
 * and what was done to the network meanwhile. Times are milliseconds since the epoch, all of one machine's clock.
 * The judge knows nothing else.
 */
import { createWriteStream, readFileSync } from 'node:fs'

/** One of the two gateway processes; `any` is whichever the balancer took. */
export type Target = 'one' | 'two' | 'any'

/** What the run promises to hold. */
export interface StartLine {
  readonly kind: 'start'
  readonly t: number
  /** From an acknowledged revocation to the last call served, while the event stream is up. */
  readonly revocationMs: number
  /** The same while it is not, and how long a session lives on silence. */
  readonly leaseMs: number
  /** By how much a token may outlive its end: the tolerance between the instances' clocks. */
  readonly toleranceMs: number
  /** The most that a process may hold at the end beyond what it held when the load began to be steady. */
  readonly memoryBytes: number
  readonly handles: number
  /** How often things must have happened at least for the verdicts to say anything, by their names in the tally. */
  readonly needs: Readonly<Record<string, number>>
}

/** A handshake, from its first byte to its outcome. */
export interface HandshakeLine {
  readonly kind: 'handshake'
  readonly agent: string
  readonly target: Target
  readonly sentAt: number
  readonly answeredAt: number
  /**
   * `unable`: the agent has nothing left to show. `failed`: there was no answer, or none that says anything about the
   * agent.
   */
  readonly outcome: 'accepted' | 'refused' | 'unable' | 'failed'
  readonly session?: string
  readonly code?: string
  readonly phase: 'load' | 'end'
}

/** A request of a session with one proof. A proof that is sent again makes another line. */
export interface CallLine {
  readonly kind: 'call'
  /**
   * Why it was sent: `late` after its token's end, `copy` for one that was sent before or is sent to both at once,
   * `step-up` for a renewal that shows a fresh posture, `end` to close the session.
   */
  readonly purpose: 'call' | 'renewal' | 'step-up' | 'copy' | 'late' | 'end'
  /** Whether the client is an `AgentSession`; the others make their requests by hand, and send what they should not. */
  readonly isLibrary?: true
  readonly agent: string
  readonly session: string
  /** Names the proof. */
  readonly proof: string
  readonly target: Target
  readonly sentAt: number
  readonly answeredAt: number
  /** Undefined where there was no answer. */
  readonly status?: number
  /** When the client knew that its session was open. */
  readonly openedAt: number
  /** The end of the token. */
  readonly tokenEndsAt: number
  /** The end of the evidence that the session rests on. */
  readonly evidenceEndsAt: number
  /** When the newest posture that was shown is older than the demand allows; absent where that is far away. */
  readonly postureEndsAt?: number
  readonly phase: 'load' | 'end'
}

/** A revocation that the issuer has acknowledged. */
export interface RevokedLine {
  readonly kind: 'revoked'
  readonly agent: string
  readonly requestedAt: number
  readonly acknowledgedAt: number
}

/** What was done to the surroundings, or happened to the event stream at its publisher. */
export interface StageLine {
  readonly kind: 'stage'
  readonly t: number
  readonly event:
    'cut' | 'cut.some' | 'healed' | 'killed' | 'restarted' | 'stream.opened' | 'stream.closed' | 'end'
  /** Of a cut whether it drops connections or holds them up; of a stream its number; of a gateway its name. */
  readonly detail: string
}

/** What a process holds. */
export interface ResourcesLine {
  readonly kind: 'resources'
  readonly t: number
  readonly process: string
  /** `steady` once the load is, `end` when it has ceased. */
  readonly at: 'idle' | 'steady' | 'end'
  /** Resident bytes after a collection. */
  readonly rss: number
  readonly handles: number
}

/** A line of the record. */
export type Line = StartLine | HandshakeLine | CallLine | RevokedLine | StageLine | ResourcesLine

/** Writes a record to a file. */
export interface Recorder {
  write(line: Line): void
  /** What was written so far. */
  readonly seen: readonly Line[]
  close(): Promise<void>
}

/** Begins a record. */
export function createRecorder(file: string): Recorder {
  const stream = createWriteStream(file)
  const seen: Line[] = []
  return {
    seen,
    write: (line) => {
      seen.push(line)
      stream.write(`${JSON.stringify(line)}\n`)
    },
    close: () =>
      new Promise((resolve) => {
        stream.end(resolve)
      }),
  }
}

/** Reads a record. */
export function readRecord(file: string): readonly Line[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Line)
}
