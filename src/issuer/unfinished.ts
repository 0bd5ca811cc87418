import { parseJsonObject } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'
import type { Store } from '../store/index.ts'
import { digestOf } from './digest.ts'

/** What an issuer has set out to do: several writes, between which its process may end. */
export interface Undertaking {
  readonly act: 'revoke' | 'suspend' | 'reinstate' | 'revoke-agent'
  /** The id of the credential, or the DID of the agent. */
  readonly target: string
  readonly reason: string
}

/** The undertakings of one issuer that have not come to their end, as far as the store knows. */
export interface Unfinished {
  /** Notes an undertaking before its first write. Of a suspension and its end, only the last one asked for is kept. */
  begin(undertaking: Undertaking): Promise<void>
  /** Strikes out an undertaking, unless another has taken its place. */
  finish(undertaking: Undertaking): Promise<void>
  /** Strikes out whatever is noted about a target. */
  forget(act: Undertaking['act'], target: string): Promise<void>
  /** Some of them; none when there are none. */
  some(): Promise<readonly Undertaking[]>
}

/** Two acts with the same name here undo each other, or are the same. */
const SUBJECTS = {
  revoke: 'revocation',
  suspend: 'suspension',
  reinstate: 'suspension',
  'revoke-agent': 'agent',
} as const satisfies Record<Undertaking['act'], string>

/** Makes the undertakings of an issuer on a store. */
export function createUnfinished(store: Store, issuer: string): Unfinished {
  const prefix = `issuer/${digestOf(issuer)}/unfinished/`
  const keyOf = ({ act, target }: Pick<Undertaking, 'act' | 'target'>): string =>
    `${prefix}${SUBJECTS[act]}/${digestOf(target)}`
  return {
    begin: (undertaking) => store.put(keyOf(undertaking), encode(undertaking)),
    finish: async (undertaking) => {
      await store.compareAndSet(keyOf(undertaking), encode(undertaking), undefined)
    },
    forget: async (act, target) => {
      await store.take(keyOf({ act, target }))
    },
    some: async () => (await store.list(prefix)).map(({ value }) => decode(value)),
  }
}

function encode({ act, target, reason }: Undertaking): string {
  return JSON.stringify({ act, target, reason })
}

/** @throws {TypeError} The store holds something else than what was put there. */
function decode(text: string): Undertaking {
  try {
    const { act, target, reason } = parseJsonObject(text)
    if (isAct(act) && typeof target === 'string' && typeof reason === 'string') return { act, target, reason }
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
  }
  throw new TypeError('options.store holds an undertaking that is broken')
}

function isAct(value: unknown): value is Undertaking['act'] {
  return typeof value === 'string' && Object.hasOwn(SUBJECTS, value)
}
