import type { RefusalCase } from './refusal-cases.ts'
import { FIELD } from './reference.ts'
import {
  claim,
  eq,
  inputsOf,
  KEY,
  none,
  PLAIN,
  range,
  SLOTS,
  U64,
  UNUSED,
  type CircuitInputs,
  type Row,
  type Scenario,
} from './scenario.ts'

/** What a dishonest prover says of predicate 0 (of another where `at` says so). */
export interface Lie {
  readonly at?: number
  readonly claimed?: bigint
  /** Selected slots with their selectors; the others are 0. */
  readonly selected?: Readonly<Record<number, bigint>>
}

type Case = readonly [title: string, scenario: Partial<Scenario>, lies: readonly Lie[], by?: string]

const REGION = 1
const CAPABILITY = 3 // and 4: a claim with the values 10 and 11
const UNUSED_SLOT = 31
const one = (value: bigint, row: Row): Partial<Scenario> => ({ slots: [[5n, value]], rows: [row] })
/** Claims it, with these slots. */
export const select = (...slots: number[]): Lie => ({
  claimed: 1n,
  selected: Object.fromEntries(slots.map((slot) => [slot, 1n])),
})

const CASES: readonly Case[] = [
  ['eq of another value', { rows: [eq(KEY.region, 1n)] }, [select(REGION)]],
  ['eq of a value that another claim has', { rows: [eq(KEY.region, 11n)] }, [select(4)]],
  ['eq of an absent claim', { rows: [eq(KEY.absent, 0n)] }, [select(UNUSED_SLOT)]],
  ['eq with the key 0, of an unused slot', { rows: [eq(0n, 0n)] }, [select(UNUSED_SLOT)]],
  ['range with the key 0, of an unused slot', { rows: [range(0n, 0n, U64)] }, [select(UNUSED_SLOT)]],
  ['none with the key 0', { rows: [none(0n, 1n)] }, [{ claimed: 1n }]],
  ['none with the key 0, not claimed', { rows: [UNUSED, none(0n, 1n, 1n)] }, [{ at: 1, claimed: 0n }]],
  ['a value below the range', one(9n, range(5n, 10n, 20n)), [select(0)]],
  ['a value above the range', one(21n, range(5n, 10n, 20n)), [select(0)]],
  ['a value between swapped bounds', one(15n, range(5n, 20n, 10n)), [select(0)]],
  ['the lower one of swapped bounds', one(10n, range(5n, 20n, 10n)), [select(0)]],
  ['the value 2^64, in the widest range', one(2n ** 64n, range(5n, 0n, U64)), [select(0)]],
  ['the value -1, in the widest range', one(FIELD - 1n, range(5n, 0n, U64)), [select(0)]],
  ['the value -1, in a range from 1', one(FIELD - 1n, range(5n, 1n, U64)), [select(0)]],
  ['the hash of a text, in the widest range', { rows: [range(KEY.region, 0n, U64)] }, [select(REGION)]],
  ['a range of an absent claim', { rows: [range(KEY.absent, 0n, 0n)] }, [select(UNUSED_SLOT)]],
  ['a range of another claim', { rows: [range(KEY.absent, 0n, 0n)] }, [select(0)]],
  ['none of a value that is there', { rows: [none(KEY.region, PLAIN.slots[1]![1])] }, [{ claimed: 1n }]],
  ['none of the first of several values', { rows: [none(KEY.capability, 10n)] }, [{ claimed: 1n }]],
  ['none of the last of several values', { rows: [none(KEY.capability, 11n)] }, [{ claimed: 1n }]],
  [
    'none of a value that is there twice',
    { slots: [[5n, 1n], [5n, 1n]], rows: [none(5n, 1n)] },
    [{ claimed: 1n }],
  ],
  ['no slot selected for eq', { rows: [eq(KEY.capability, 11n)] }, [select()]],
  ['no slot selected for range', { rows: [range(KEY.capability, 0n, 99n)] }, [select()]],
  ['no slot selected for eq 0', { rows: [eq(KEY.vulnerabilities, 0n)] }, [select()]],
  ['no slot selected for a range from 0', { rows: [range(KEY.vulnerabilities, 0n, 0n)] }, [select()]],
  ['two slots selected for a range', { rows: [range(KEY.capability, 0n, 99n)] }, [select(CAPABILITY, 4)]],
  ['two slots selected for eq, whose sum it is', { rows: [eq(KEY.capability, 21n)] }, [select(CAPABILITY, 4)]],
  ['a slot selected for none', { rows: [none(KEY.region, 1n)] }, [select(REGION)]],
  ['a slot selected for true', { rows: [{ ...UNUSED, key: KEY.region }] }, [select(REGION)]],
  [
    'a slot selected for what is not claimed',
    { rows: [eq(KEY.capability, 10n), eq(KEY.capability, 11n, 1n)] },
    [{ at: 1, claimed: 0n, selected: { 4: 1n } }],
  ],
  ['a slot selected by 2', { rows: [eq(KEY.capability, 20n)] }, [{ selected: { [CAPABILITY]: 2n } }]],
  [
    'slots selected by 2 and -1, whose sum is 1',
    { rows: [eq(KEY.capability, 9n)] },
    [{ selected: { [CAPABILITY]: 2n, 4: FIELD - 1n } }],
  ],
  ['claimed by 2', { rows: [none(KEY.region, 1n)] }, [{ claimed: 2n }]],
  ['claimed by -1', { rows: [none(KEY.region, 1n)] }, [{ claimed: FIELD - 1n }]],
  ['the op 4', { rows: [{ ...UNUSED, op: 4n }] }, [{ claimed: 1n }]],
  ['the op -1', { rows: [{ ...UNUSED, op: FIELD - 1n }] }, [{ claimed: 1n }]],
  ['the op 1 + 4', { rows: [{ ...eq(KEY.capability, 10n), op: 5n }] }, [select(CAPABILITY)]],
  ['joined by 2', { rows: [UNUSED, { ...UNUSED, joined: 2n }] }, [], 'Policy'],
  ['the first predicate joined', { rows: [{ ...UNUSED, joined: 1n }] }, [], 'Policy'],
  ['nothing claimed in a clause of one', { rows: [eq(KEY.region, 1n)] }, [], 'Policy'],
  [
    'nothing claimed in a clause of several',
    { rows: [eq(KEY.region, 1n), eq(KEY.region, 2n, 1n), none(KEY.capability, 10n, 1n)] },
    [],
    'Policy',
  ],
  [
    'nothing claimed in the first of two clauses',
    { rows: [eq(KEY.region, 1n), eq(KEY.region, 2n, 1n), eq(KEY.capability, 10n)] },
    [],
    'Policy',
  ],
  [
    'nothing claimed in the second of two clauses',
    { rows: [eq(KEY.capability, 10n), eq(KEY.capability, 11n, 1n), eq(KEY.region, 2n)] },
    [],
    'Policy',
  ],
  [
    'nothing claimed in the last clause, of the last predicate',
    { rows: [...Array<Row>(15).fill(UNUSED), eq(KEY.region, 2n)] },
    [],
    'Policy',
  ],
  ['an unused predicate that is not claimed', {}, [{ at: 15, claimed: 0n }], 'Policy'],
]

/** The inputs of a prover that lies. */
export function tell(scenario: Scenario, lies: readonly Lie[]): CircuitInputs {
  const { claimed, selected } = claim(scenario)
  for (const lie of lies) {
    const at = lie.at ?? 0
    if (lie.claimed !== undefined) claimed[at] = lie.claimed
    if (lie.claimed === undefined && lie.selected !== undefined) claimed[at] = 1n
    selected[at] = Array.from({ length: SLOTS }, (_, slot) => lie.selected?.[slot] ?? 0n)
  }
  return { ...inputsOf(scenario), claimed, selected }
}

/** Claims that do not hold, clauses without one that does, and selectors that are no bits. */
export const LIES: readonly RefusalCase[] = CASES.map(([title, changes, lies, by = 'Predicate']) => [
  title,
  by,
  () => tell({ ...PLAIN, ...changes }, lies),
])
