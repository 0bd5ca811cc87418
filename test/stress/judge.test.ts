import { describe, expect, it } from 'vitest'
import { judge, type Invariant } from './judge.ts'
import type { CallLine, HandshakeLine, Line, ResourcesLine, StageLine } from './record.ts'

const MIB = 1 << 20
const agent = 'did:web:acme.example:agents:a'

const call = (sentAt: number, more: Partial<CallLine> = {}): CallLine => ({
  kind: 'call',
  purpose: 'call',
  phase: 'load',
  agent,
  session: 's',
  proof: `proof-${sentAt}`,
  target: 'any',
  sentAt,
  answeredAt: sentAt + 5,
  status: 200,
  openedAt: 1000,
  tokenEndsAt: 60_000,
  evidenceEndsAt: 50_000,
  ...more,
})
const handshake = (sentAt: number, more: Partial<HandshakeLine> = {}): HandshakeLine => ({
  kind: 'handshake',
  phase: 'load',
  agent,
  target: 'any',
  sentAt,
  answeredAt: sentAt + 30,
  outcome: 'accepted',
  session: 's',
  ...more,
})
const stage = (t: number, event: StageLine['event'], detail: string): StageLine => ({
  kind: 'stage',
  t,
  event,
  detail,
})
const resources = (at: ResourcesLine['at'], rss: number, handles: number): ResourcesLine => ({
  kind: 'resources',
  t: 0,
  process: 'one',
  at,
  rss,
  handles,
})
const otherAgent = { agent: 'did:web:acme.example:agents:b', session: 't' }

const library = { agent: 'did:web:acme.example:agents:c', session: 'l', isLibrary: true } as const

/** A run in which everything held. The stream is up from 900 to 10,000, held up from 10,000, and up from 30,000. */
const RECORD: readonly Line[] = [
  {
    kind: 'start',
    t: 0,
    revocationMs: 1000,
    leaseMs: 10_000,
    toleranceMs: 5000,
    memoryBytes: 10 * MIB,
    handles: 4,
    needs: { 'calls served': 5, partitions: 1, 'judged by lease': 1 },
  },
  resources('idle', 50 * MIB, 10),
  stage(900, 'stream.opened', '1'),
  handshake(970),
  call(2000),
  call(2100, { purpose: 'renewal' }),
  // Sent again, to both: once is right.
  call(2300, { purpose: 'copy', proof: 'p', target: 'one' }),
  call(2301, { purpose: 'copy', proof: 'p', target: 'two', status: 401 }),
  stage(5000, 'killed', 'two'),
  stage(5500, 'restarted', 'two'),
  resources('steady', 80 * MIB, 30),
  // The library's: it shows a fresh posture when it is asked to, and closes its session.
  call(6000, { ...library, status: 401, postureEndsAt: 5900 }),
  call(6010, { ...library, purpose: 'step-up' }),
  call(6020, library),
  call(6100, { ...library, purpose: 'end', status: 204 }),
  call(6200, { ...library, status: 401 }),
  // Within the lease of a stream that is held up, and after it.
  stage(10_000, 'cut', 'stall'),
  call(19_000, otherAgent),
  call(21_000, { ...otherAgent, status: 401 }),
  // A session that opened meanwhile has a lease of its own.
  call(29_000, { ...otherAgent, session: 'u', openedAt: 25_000 }),
  stage(30_000, 'healed', 'stall'),
  { kind: 'revoked', agent, requestedAt: 39_990, acknowledgedAt: 40_000 },
  call(40_900),
  call(41_100, { status: 401 }),
  call(51_000, { ...otherAgent, purpose: 'late', status: 401 }),
  resources('end', 85 * MIB, 12),
  ...(['one', 'two'] as const).flatMap((target) => [
    call(55_000, { target, phase: 'end', status: 401, proof: `end-${target}` }),
    handshake(55_100, { target, phase: 'end', outcome: 'refused' as const }),
  ]),
  stage(56_000, 'end', ''),
]

const fallen = (lines: readonly Line[]): readonly Invariant[] =>
  judge(lines).flatMap(({ invariant, violations }) => (violations.length > 0 ? [invariant] : []))

const withChanged = (isChanged: (line: Line) => boolean, changed: Partial<CallLine>): readonly Line[] =>
  RECORD.map((line) => (isChanged(line) ? ({ ...line, ...changed } as Line) : line))

describe('the judge of a stress run', () => {
  it('finds nothing where everything held, and has looked at everything', () => {
    const verdicts = judge(RECORD)
    expect(fallen(RECORD)).toEqual([])
    expect(verdicts.filter(({ checked }) => checked === 0)).toEqual([])
  })

  const planted: readonly { id: string; expect: Invariant; lines: readonly Line[] }[] = [
    {
      id: 'a call is served 1,001 ms after its revocation while the stream is up',
      expect: 'revocation',
      lines: [...RECORD, call(41_001)],
    },
    {
      id: 'a session that was opened after the revocation is served',
      expect: 'revocation',
      lines: [...RECORD, call(45_000, { session: 'new', openedAt: 44_000 })],
    },
    {
      id: 'a call is served past the lease after a revocation during a partition',
      expect: 'revocation',
      lines: [
        ...RECORD.filter(({ kind }) => kind !== 'revoked'),
        { kind: 'revoked', agent, requestedAt: 11_000, acknowledgedAt: 11_000 },
        call(21_500, { session: 'new', openedAt: 20_000 }),
      ],
    },
    {
      id: 'a call is served a second after the partition in which its agent was revoked',
      expect: 'revocation',
      lines: [
        ...RECORD.filter(({ kind }) => kind !== 'revoked'),
        { kind: 'revoked', agent, requestedAt: 29_000, acknowledgedAt: 29_000 },
        call(31_100),
      ],
    },
    {
      id: 'a revoked session is served by one gateway at the end',
      expect: 'lost',
      lines: withChanged((line) => line.kind === 'call' && line.proof === 'end-two', { status: 200 }),
    },
    {
      id: 'a gateway had no answer for a revoked session at the end',
      expect: 'lost',
      lines: withChanged((line) => line.kind === 'call' && line.proof === 'end-two', { status: 503 }),
    },
    {
      id: 'a revoked agent was not tried at the end',
      expect: 'lost',
      lines: RECORD.filter((line) => line.kind !== 'handshake' || line.target !== 'two'),
    },
    {
      id: 'a proof is accepted by both gateways',
      expect: 'replay',
      lines: withChanged((line) => line.kind === 'call' && line.target === 'two' && line.proof === 'p', {
        status: 200,
      }),
    },
    {
      id: 'a proof is accepted again much later',
      expect: 'replay',
      lines: [...RECORD, call(8000, { purpose: 'copy', proof: 'proof-2000' })],
    },
    {
      id: 'a session is served past its lease',
      expect: 'lease',
      lines: [...RECORD, call(20_001, { ...otherAgent })],
    },
    {
      id: 'a token is served past its end and the tolerance',
      expect: 'expiry',
      lines: [...RECORD, call(8001, { tokenEndsAt: 3000 })],
    },
    {
      id: 'a session is served past the end of its evidence',
      expect: 'expiry',
      lines: [...RECORD, call(50_001, { ...otherAgent, purpose: 'late' })],
    },
    {
      id: 'a call is served on a posture that is too old',
      expect: 'posture',
      lines: [...RECORD, call(6005, { ...library, postureEndsAt: 5900 })],
    },
    {
      id: 'a session that was closed is served',
      expect: 'closed',
      lines: [...RECORD, call(6300, library)],
    },
    { id: 'memory grows', expect: 'memory', lines: [...RECORD, resources('end', 91 * MIB, 12)] },
    { id: 'handles are left open', expect: 'handles', lines: [...RECORD, resources('end', 85 * MIB, 15)] },
    {
      id: 'the stream was never cut',
      expect: 'exercised',
      lines: RECORD.filter((line) => line.kind !== 'stage' || line.event !== 'cut'),
    },
  ]

  it.each<[string, (line: Line) => boolean]>([
    ['no handshake was accepted', (line) => line.kind === 'handshake' && line.outcome === 'accepted'],
    [
      'the library did nothing',
      (line) => line.kind === 'call' && line.isLibrary === true && line.status === 200,
    ],
    ['no gateway was restarted', (line) => line.kind === 'stage' && line.event === 'restarted'],
    ['nobody was revoked', (line) => line.kind === 'revoked'],
    ['nothing was sent twice', (line) => line.kind === 'call' && line.purpose === 'copy'],
    ['no process was measured', (line) => line.kind === 'resources' && line.at === 'end'],
    [
      'there was less than is needed',
      (line) => line.kind === 'call' && line.sentAt > 40_000 && line.status === 200,
    ],
  ])('finds that %s, and so nothing can be said', (_what, isMissing) => {
    const lines = RECORD.filter((line) => !isMissing(line) || line.kind === 'start')
    expect(fallen(lines)).toContain('exercised')
  })

  it('finds nothing in a run in which nothing happened, and does not call it held', () => {
    expect(fallen(RECORD.filter(({ kind }) => kind === 'start'))).toContain('exercised')
  })

  it.each(planted)('finds that $id', ({ lines, expect: invariant }) => {
    expect(fallen(lines)).toContain(invariant)
  })

  it('has a planted fault for everything that it judges', () => {
    expect(new Set(planted.map((one) => one.expect))).toEqual(
      new Set(judge(RECORD).map((one) => one.invariant)),
    )
  })

  it('does not blame a gateway for a call that waited for the stream', () => {
    const waiting = call(28_000, { ...otherAgent, answeredAt: 30_100 })
    expect(fallen([...RECORD, waiting])).toEqual([])
    expect(fallen([...RECORD, { ...waiting, answeredAt: 29_900 }])).toContain('lease')
  })

  it('does not blame a gateway for what was sent before the bound', () => {
    expect(fallen([...RECORD, call(40_999, { answeredAt: 43_000 })])).toEqual([])
  })

  it('counts the bound from where the stream comes up after a partition', () => {
    const lines: readonly Line[] = [
      ...RECORD.filter(({ kind }) => kind !== 'revoked'),
      { kind: 'revoked', agent, requestedAt: 29_000, acknowledgedAt: 29_000 },
    ]
    const refused = lines.map((line) =>
      line.kind === 'call' && line.sentAt === 40_900 ? { ...line, status: 401 } : line,
    )
    expect(fallen([...refused, call(30_900)])).toEqual([])
  })
})
